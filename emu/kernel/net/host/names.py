"""Names of the outside that the guest may reach: its /etc/hosts has their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.fs.setup import KernelWalker

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.net.host.rules import HostAccess

HOSTS = b"/etc/hosts"
LOCAL = "127.0.0.1 localhost\n::1 localhost\n"


def write_hosts(kernel: Kernel, access: HostAccess) -> None:
    """Open what is published, and let the guest find what is allowed by name. `OSError`.

    A /etc/hosts of the root's own stays as it is.
    """
    assert kernel.net.stack.gateway is not None
    lines = [
        f"{rule.network.network_address} {rule.name}\n" for rule in access.allowed if rule.name
    ]
    walker = KernelWalker(kernel.root_mount)
    try:
        walker.lookup(HOSTS)
    except KernelError:
        walker.make_file(HOSTS, (LOCAL + "".join(lines)).encode())
