import textwrap

import pytest

from emu.module_tools.testing import Guest

HEADER = """
from emu.linux.module import *
from emu.linux.errno import *
from emu.linux.kernel import *
from emu.linux.types import *
MODULE_LICENSE("GPL")
"""


@pytest.fixture
def load(tmp_path):
    """``load(text ...)``: a guest beside a module of these texts, named mine."""

    def load(*texts, arguments="", abi="x86-64", byte_order=None):
        path = tmp_path / "mine.py"
        path.write_text(HEADER + "".join(map(textwrap.dedent, texts)))
        return Guest(str(path), arguments, abi, byte_order)

    return load
