"""``emu`` as tests run it while what they call is recorded: see `tests.coverage`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FOLDER = "RECORD_CALLS"
"""The variable that names the folder of the record, while there is one."""


def record_calls() -> None:
    """Note each entry point that is bound from now on, and by which ABI: it is about to be run."""
    from emu.kernel.binding import Binder

    bind = Binder.decoder
    seen: set[tuple[str, str]] = set()

    def decoder(self, syscall):
        call = (self.abi.name, syscall.entry)
        if call not in seen:
            seen.add(call)
            # One file for each process; a program that is killed has told what it did before.
            with Path(os.environ[FOLDER], str(os.getpid())).open("a") as file:
                file.write(f"{syscall.entry}\t{self.abi.name}\n")
        return bind(self, syscall)

    Binder.decoder = decoder  # type: ignore[method-assign]


def module() -> str:
    """The module that runs ``emu``, recording if somebody wants a record."""
    return "tests.support.recorded" if os.environ.get(FOLDER) else "emu"


if __name__ == "__main__":
    from emu.cli import main

    record_calls()
    sys.exit(main())
