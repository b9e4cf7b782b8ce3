"""Record which system calls the tests run: ``python -m tests.coverage [PYTEST ARGUMENT...]``.

Runs the tests, all but those that ask other kernels, and keeps what they called beside the
coverage table. With arguments only those tests run, and what they call is added to the record.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from emu.conformance.ran import RECORD, load_ran, save_ran
from emu.kernel import sys as handlers
from emu.kernel.syscall import collect
from tests.support.recorded import FOLDER

TESTS = ["tests/unit", "tests/programs", "tests/modules", "tests/conformance", "tests/workloads"]


def main(arguments: list[str]) -> int:
    ran = load_ran() if arguments else {}
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadfile"]
        environment = {**os.environ, FOLDER: folder}
        done = subprocess.run([*command, *(arguments or TESTS)], env=environment, check=False)
        for file in Path(folder).iterdir():
            for line in file.read_text().splitlines():
                entry, abi = line.split("\t")
                ran.setdefault(entry, set()).add(abi)
    declared = collect(handlers.modules())  # not those that modules of tests added
    ran = {entry: abis for entry, abis in ran.items() if entry in declared}
    save_ran(ran)
    print(f"{sum(map(len, ran.values()))} entry points of ABIs in {RECORD.name}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
