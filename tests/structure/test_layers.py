"""Imports run downwards only; the contracts are in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_import_contracts_hold():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_the_kernel_imports_without_an_engine():
    program = (
        "import sys\n"
        "for name in ('unicorn', 'capstone', 'keystone'): sys.modules[name] = None\n"
        "import emu.kernel.kernel, emu.kernel.sys\n"
        "assert 'emu.cpu' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
