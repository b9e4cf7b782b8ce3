"""Testing a module without programs: a machine of any ABI, and what a shell would do with it."""

from __future__ import annotations

from emu.kernel.errno import KernelError
from emu.kernel.module.loader import ModuleLoader
from emu.kernel.module.printk import KernelLog
from emu.module_tools.check import mount_extra
from emu.module_tools.program import Answer, Program


class Guest(Program):
    """A program beside a loaded module: ``Guest("hello.py", "times=2").cat("/proc/hello")``."""

    def __init__(
        self, path: str, arguments: str = "", abi: str = "x86-64", byte_order: str | None = None
    ) -> None:
        super().__init__(abi, byte_order)
        mount_extra(self)
        loader = self.kernel.part(ModuleLoader)
        self.module = loader.load_with_needed(loader.offer(path).name, arguments)
        self.start()

    def cat(self, name: str) -> str:
        """The contents of a file, or the name of an error."""
        fd = self.open(name, "O_RDONLY")
        if isinstance(fd, str):
            return fd
        text = b""
        while piece := self.read(fd, 4096):
            if isinstance(piece, str):
                return piece
            text += piece
        self.call("sys_close", fd)
        return text.decode(errors="replace")

    def echo(self, text: str, name: str) -> Answer:
        """Write a line to a file: how much was written, or the name of an error."""
        fd = self.open(name, "O_WRONLY|O_TRUNC")
        if isinstance(fd, str):
            return fd
        written = self.write(fd, f"{text}\n".encode())
        self.call("sys_close", fd)
        return written

    def mkdir(self, name: str) -> Answer:
        """Make a directory: 0, or the name of an error."""
        return self.call("sys_mkdirat", -100, name, 0o755)

    def rmdir(self, name: str) -> Answer:
        """Remove a directory: 0, or the name of an error."""
        return self.call("sys_unlinkat", -100, name, self.abi.constant("AT_REMOVEDIR"))

    def ls(self, name: str) -> list[str]:
        """The names in a directory. `KernelError`."""
        from emu.kernel.fs.setup import KernelWalker

        inode = KernelWalker(self.kernel.root_mount).lookup(name.encode()).inode
        return sorted(entry.name.decode(errors="replace") for entry in inode.iterate())

    def readlink(self, name: str) -> str:
        """Where a symbolic link leads, or the name of an error."""
        got = self.call("sys_readlinkat", -100, name, self.buffer, 4096)
        if isinstance(got, str):
            return got
        return self.task.mm.read(self.buffer, got).decode(errors="replace")

    def rmmod(self) -> Answer:
        """Unload the module: 0, or the name of an error."""
        return self.call("sys_delete_module", self.module.name, 0)

    def dmesg(self) -> list[str]:
        """The messages of the kernel's log."""
        records = self.kernel.part(KernelLog).since(0)
        return [record.text.decode(errors="replace") for record in records]


__all__ = ["Guest", "KernelError"]
