"""What the machine is: /proc/version, cmdline, filesystems, crypto, cgroups, key-users."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel


def show_version(kernel: Kernel) -> bytes:
    """What uname tells, in one line."""
    uts = kernel.uts
    return b"%s version %s (emu@emu) %s\n" % (uts.sysname, uts.release, uts.version)


def show_cmdline(kernel: Kernel) -> bytes:
    """No boot loader passed anything."""
    return b"\n"


def show_modules(kernel: Kernel) -> bytes:
    """What lsmod(8) shows."""
    from emu.kernel.module.loader import ModuleLoader

    return "".join(f"{line}\n" for line in kernel.part(ModuleLoader).lines()).encode()


def show_filesystems(kernel: Kernel) -> bytes:
    """The types that can be mounted."""
    return b"".join(
        (b"nodev" if kind.nodev else b"") + b"\t" + name + b"\n"
        for name, kind in kernel.root_mount.vfs.file_systems.items()
    )


def show_crypto(kernel: Kernel) -> bytes:
    """No cipher is registered."""
    return b""


def show_cgroups(kernel: Kernel) -> bytes:
    """No controller is built in."""
    return b"#subsys_name\thierarchy\tnum_cgroups\tenabled\n"


def show_key_users(kernel: Kernel) -> bytes:
    """Nobody has keys."""
    return b""
