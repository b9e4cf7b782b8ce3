"""Two machines joined by a cable, and running side by side.

>>> one, other = Machine(), Machine()
>>> cable = Cable(one, other, ("10.0.0.1/24", "10.0.0.2/24"))
>>> one.spawn("server"); other.spawn("client")
>>> run_together(one, other)
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.net.devices.cable import CableEnd
from emu.kernel.net.inet.interface import InterfaceAddress, add_address
from emu.kernel.sched import Deadlock

if TYPE_CHECKING:
    from emu.machine import Machine

NSEC_PER_SEC = 1_000_000_000
LOOK_NS = 10_000_000
"""How often the host is looked at while all machines sleep, and one waits for it."""


class Cable:
    """A new device on each of two machines, up and joined. `addresses` are theirs, with prefixes.

    `loses(frame)` may be set: whether the cable loses these bytes. `frames` counts what it carried.
    """

    def __init__(
        self,
        one: Machine,
        other: Machine,
        addresses: tuple[str, str] | None = None,
        name: str = "eth%d",
        latency_ns: int = 0,
    ) -> None:
        self.latency_ns = latency_ns
        self.frames = 0
        self.loses: Callable[[bytes], bool] = lambda frame: False
        self.ends = [CableEnd(m.kernel.net.stack, name.encode()) for m in (one, other)]
        first, second = self.ends
        if first.address == second.address:  # machines of the same seed
            second.address = second.address[:5] + bytes((second.address[5] ^ 1,))
        for end in self.ends:
            end.stack.register(end)
        self._plug()
        for end, text in zip(self.ends, addresses or (), strict=False):
            interface = ipaddress.ip_interface(text)
            length = interface.network.prefixlen
            add_address(end, InterfaceAddress(interface.ip.packed, length))

    def _plug(self) -> None:
        first, second = self.ends
        first.send, second.send = partial(self._carry, second), partial(self._carry, first)
        for end in self.ends:
            end.set_up(True)

    def unplug(self) -> None:
        """Pull it out: both devices have no carrier any more."""
        for end in self.ends:
            end.send = None
            end.stack.device_changed(end, "change")

    def _carry(self, to: CableEnd, frame: bytes) -> None:
        """Frames arrive between two turns of the other machine, never in the middle of one."""
        if not self.loses(frame):
            self.frames += 1
            to.stack.sched.call_after(self.latency_ns, partial(to.came, frame))


def run_together(*machines: Machine) -> None:
    """Run machines in turns until every task of all of them has ended. `Deadlock`."""
    while living := [m for m in machines if m.kernel.living]:
        ready = [m for m in living if m.kernel.sched.has_ready()]
        for machine in ready:
            with machine.ticking():
                machine.step()
        if not ready:
            _sleep(living)


def _sleep(machines: list[Machine]) -> None:
    """Let time pass until a timer of any of them is due, or the host has something."""
    scheds = [m.kernel.sched for m in machines]
    timeouts = [t for t in (s.until_next_timer() for s in scheds) if t is not None]
    if not timeouts and not any(s.waits_for_host for s in scheds):
        raise Deadlock("all tasks of all machines sleep, and nothing can wake them")
    timeout = min(timeouts, default=LOOK_NS)
    if any(s.waits_for_host for s in scheds):
        timeout = min(timeout, LOOK_NS)
    for machine in machines:
        machine.kernel.clock.idle(timeout, lambda timeout_ns: None)
        machine.kernel.sched.look_at_host()
    if not any(m.config.deterministic for m in machines):
        time.sleep(timeout / NSEC_PER_SEC)
