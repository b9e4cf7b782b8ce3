"""Checks a module on one ABI: load, list, read, write, bad input, unload, and what is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.fs.setup import KernelWalker, mount_at
from emu.kernel.module.loader import CannotLoad, ModuleLoader
from emu.kernel.module.printk import LOG_ERR, KernelLog
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.stat import S_IFCHR, S_IFMT, S_IFREG
from emu.module_tools.program import Answer, Program
from emu.record import field, record

if TYPE_CHECKING:
    from emu.kernel.vfs.inode import Inode

TREES = ("/proc", "/sys", "/dev")
NOT_MINE = ("/proc/self", "/proc/thread-self", "/dev/pts", "/dev/fd")
GARBAGE = (b"", b"no such value\n", b"-1\n", b"x" * 5000, bytes(range(256)))
UNKNOWN_IOCTL = 0xFF
WHOLE = 1 << 15
BAD_ADDRESS = 8
LOOPS_AFTER_S = 1.0
CONFIG, ITEM = "/sys/kernel/config/", "check"


@record(frozen=False)
class Report:
    """What a check found on one ABI."""

    abi: str
    files: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(path: str, arguments: str, abi: str, byte_order: str | None = None) -> Report:
    """Check a module. `CannotLoad` if it is none."""
    return Check(path, arguments, abi, byte_order).run()


class Check:
    """One module in one machine of one ABI."""

    def __init__(self, path: str, arguments: str, abi: str, byte_order: str | None) -> None:
        self.program = Program(abi, byte_order)
        self.path, self.arguments = path, arguments
        name = f"{abi} ({byte_order}-endian)" if byte_order else abi
        self.report = Report(name)
        self.loader = self.program.kernel.part(ModuleLoader)
        self.log = self.program.kernel.part(KernelLog)

    def run(self) -> Report:
        """All of it."""
        self.loader.watchdog.limit_s = LOOPS_AFTER_S
        mount_extra(self.program)
        offer = self.loader.offer(self.path)
        before: set[str] = set()
        try:
            for needed in self.loader.needed_by(offer):
                self.loader.load_with_needed(needed.name)
            before |= set(names(self.program)) | {
                f"/sys/module/{n}/holders/{offer.name}" for n in self.loader.modules
            }
            module = self.loader.load_with_needed(offer.name, self.arguments)
        except KernelError as error:
            self._tell_log(0)
            self.report.problems.append(f"it does not load: {type(error).__name__}: {error}")
            return self.report
        self.program.start()
        own = f"/sys/module/{offer.name}"
        made = sorted(set(names(self.program)) - before)
        self.report.files = [
            name
            for name in made
            if not name.startswith(own) or name.startswith(f"{own}/parameters/")
        ]
        self._tell_log(0)
        for name in self.report.files:
            self._file(name)
            if name.startswith(CONFIG):
                self._item(f"{name}/{ITEM}")
        if module.stays:
            self.report.notes.append("it cannot be unloaded: it has no exit, or makes a call")
            return self.report
        self._unload(offer.name)
        left = sorted(set(names(self.program)) - before)
        self.report.problems += [f"{name} is left behind" for name in left]
        return self.report

    def _unload(self, name: str) -> None:
        seq = self.log.next_seq
        answer = self.program.call("sys_delete_module", name, 0)
        if answer != 0:
            self.report.problems.append(f"it cannot be unloaded: {answer}")
        self._tell_log(seq)

    def _file(self, name: str) -> None:
        inode = KernelWalker(self.program.kernel.root_mount).lookup(name.encode()).inode
        if inode.mode & S_IFMT not in (S_IFREG, S_IFCHR):
            return
        seq = self.log.next_seq
        original = self._reads(name, inode)
        self._writes(name, inode, original)
        self._ioctl(name)
        self._tell_log(seq)

    def _item(self, name: str) -> None:
        """Make an item of configfs, if one can be made, use its files, and remove it."""
        made = self.program.call("sys_mkdirat", AT_FDCWD, name, 0o755)
        if made != 0:
            return
        for inner in [n for n in names(self.program) if n.startswith(f"{name}/")]:
            self._file(inner)
        flag = self.program.abi.constant("AT_REMOVEDIR")
        gone = self.program.call("sys_unlinkat", AT_FDCWD, name, flag)
        self._expect(gone == 0, f"{name}: rmdir: {gone}")

    def _reads(self, name: str, inode: Inode) -> bytes | None:
        """Whole, and byte by byte, which must be the same unless the value changes."""
        fd = self.program.open(name, "O_RDONLY|O_NONBLOCK")
        if isinstance(fd, str):
            self._expect(not inode.mode & 0o400 or fd in ("EACCES", "EBUSY"), f"{name}: open: {fd}")
            return None
        text = self.program.read(fd, WHOLE)
        if text == "sleeps":
            self.report.notes.append(f"{name}: reading sleeps even with O_NONBLOCK")
        bad = self.program.call("sys_pread64", fd, BAD_ADDRESS, WHOLE, *self._offset(0))
        allowed = (
            "EFAULT",
            "EINVAL",
            "ESPIPE",
            "EAGAIN",
            "EIO",
            0,
            text if isinstance(text, str) else 0,
        )
        self._expect(bad in allowed, f"{name}: reading to a bad address answers {bad}")
        self.program.call("sys_close", fd)
        return text if isinstance(text, bytes) else None

    def _offset(self, value: int) -> tuple[int, ...]:
        """A 64-bit argument in this ABI's words."""
        convention = self.program.abi.convention
        if convention.word_bits == 64:
            return (value,)
        return (0, value, 0) if convention.pairs == "even" else (value, 0)

    def _writes(self, name: str, inode: Inode, original: bytes | None) -> None:
        for data in (*GARBAGE, *([original] if original else [])):
            fd = self.program.open(name, "O_WRONLY|O_NONBLOCK")
            if isinstance(fd, str):
                expected = not inode.mode & 0o222 or fd in ("EACCES", "EBUSY")
                self._expect(expected, f"{name}: open to write: {fd}")
                return
            answer = self.program.write(fd, data)
            if isinstance(answer, int):
                self._expect(answer <= len(data), f"{name}: {answer} of {len(data)} bytes written")
            self.program.call("sys_close", fd)

    def _ioctl(self, name: str) -> None:
        fd = self.program.open(name, "O_RDONLY|O_NONBLOCK")
        if isinstance(fd, str):
            return
        answer: Answer = self.program.call("sys_ioctl", fd, UNKNOWN_IOCTL, 0)
        self._expect(answer in ("ENOTTY", "ENODEV"), f"{name}: an unknown ioctl answers {answer}")
        self.program.call("sys_close", fd)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.report.problems.append(otherwise)

    def _tell_log(self, seq: int) -> None:
        """Severe messages since one are problems."""
        for message in self.log.since(seq):
            text = message.text.decode(errors="replace")
            if message.level <= LOG_ERR and text not in self.report.problems:
                self.report.problems.append(text)


def mount_extra(program: Program) -> None:
    """Mount debugfs and configfs, so that what is in them is seen, and have what is usual there."""
    from emu.kernel.fs.configfs.super_block import Configfs
    from emu.kernel.fs.debugfs.super_block import Debugfs
    from emu.linux.miscdevice import MiscDevices

    kernel = program.kernel
    kernel.part(MiscDevices)  # its class is there before any module's device
    mount_at(kernel, kernel.part(Debugfs).sb, b"/sys/kernel/debug")
    mount_at(kernel, kernel.part(Configfs).sb, b"/sys/kernel/config")


def names(program: Program) -> Iterator[str]:
    """All names in the trees that a module may add to."""
    walker = KernelWalker(program.kernel.root_mount)
    pending = list(TREES)
    while pending:
        name = pending.pop()
        try:
            inode = walker.lookup(name.encode()).inode
        except KernelError:
            continue
        if name in NOT_MINE or name.removeprefix("/proc/").isdecimal():
            continue
        yield name
        if not inode.is_dir:
            continue
        for entry in inode.iterate():
            below = f"{name}/{entry.name.decode(errors='replace')}"
            if entry.type & S_IFMT != 0o120000 and below not in NOT_MINE:
                pending.append(below)
            elif entry.type & S_IFMT == 0o120000:
                yield below


__all__ = ["CannotLoad", "Check", "Report", "check"]
