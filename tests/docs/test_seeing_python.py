"""The Python example of docs/seeing.md runs."""

import re

from tests.support.pages import DOCS


def test_the_python_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "seeing.md").read_text(), re.DOTALL)
    exec(compile(code, "docs/seeing.md", "exec"), {})
