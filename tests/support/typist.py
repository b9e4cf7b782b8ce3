"""Somebody at a terminal: types to a program on a host pseudo-terminal, and reads the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from types import TracebackType

from tests.support.running import ROOT

# A fork of this process would copy all the machines that tests have left in it, and may find no
# memory; so the terminal is taken by a small program on the way to the real one.
TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Typist:
    """A program whose controlling terminal is ours. Use it as a context."""

    def __init__(self, *command: str, rows: int = 24, columns: int = 80) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.screen = b""
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", TAKE_TERMINAL, *command],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "vt100"},
            start_new_session=True,
        )

    def __enter__(self) -> Typist:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def resize(self, rows: int, columns: int) -> None:
        """Have a window of another size."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def see(self, pattern: str, timeout_s: float = 60) -> str:
        """Wait until something is on the screen, beyond what was seen before: all up to it."""
        end = time.monotonic() + timeout_s
        while True:
            found = re.search(pattern.encode(), self.screen)
            if found is not None:
                seen = self.screen[: found.end()]
                self.screen = self.screen[found.end() :]
                return seen.decode(errors="replace")
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.master], [], [], left)[0]
            if not ready:
                raise AssertionError(f"{pattern!r} does not come; there is {self.screen!r}")
            self.screen += os.read(self.master, 4096)

    def run(self, line: str, pattern: str = "", prompt: str = r"# (\x1b\[6n)?$") -> str:
        """Type a line, and wait for its effect and the next prompt: what it printed."""
        self.type(line + "\r")
        self.see(re.escape(line) + r"\r\n")
        seen = self.see(pattern) if pattern else ""
        return seen + self.see(prompt)

    def end(self, timeout_s: float = 60) -> int:
        """Wait for the program's end; answers its status. The screen is read meanwhile."""
        end = time.monotonic() + timeout_s
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end; there is {self.screen!r}"
            if select.select([self.master], [], [], 0.05)[0]:
                self.screen += os.read(self.master, 4096)
        return self.process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Signal the program from elsewhere."""
        self.process.send_signal(number)

    def is_restored(self, timeout_s: float = 10) -> bool:
        """Whether the terminal has the settings that it had at first, at the latest by then."""
        end = time.monotonic() + timeout_s
        while termios.tcgetattr(self.slave) != self.before:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True
