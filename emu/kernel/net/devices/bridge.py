"""A switch made of devices, which learns who is where. See net/bridge."""

from __future__ import annotations

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.errno import EBUSY, EINVAL, ELOOP
from emu.kernel.net.device import NetDevice
from emu.kernel.net.frame import Frame
from emu.kernel.uapi.net_device import ARPHRD_ETHER, IFF_BROADCAST, IFF_MULTICAST

AGEING_NS = 300 * NSEC_PER_SEC


class Bridge(NetDevice):
    """The switch, and the machine's own port of it. `forwarding` is where addresses were seen."""

    kind = b"bridge"
    default_flags = IFF_BROADCAST | IFF_MULTICAST

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.ports: list[NetDevice] = []
        self.forwarding: dict[bytes, tuple[NetDevice, int]] = {}

    @property
    def has_carrier(self) -> bool:
        """Whether a port is connected."""
        return any(port.operational for port in self.ports)

    def add_port(self, dev: NetDevice) -> None:
        """Make a device a port. EBUSY, ELOOP, EINVAL."""
        if dev.master is not None:
            raise EBUSY("it has a master")
        if isinstance(dev, Bridge):
            raise ELOOP("a bridge is no port of a bridge")
        if dev.type != ARPHRD_ETHER:
            raise EINVAL("no Ethernet device")
        dev.master = self
        self.ports.append(dev)
        dev.promiscuity += 1
        if not any(self.address):
            self.address = dev.address
        self.stack.device_changed(dev, "master")

    def remove_port(self, dev: NetDevice) -> None:
        """Let a device be its own again."""
        self.ports.remove(dev)
        dev.master = None
        dev.promiscuity -= 1
        self.forwarding = {k: v for k, v in self.forwarding.items() if v[0] is not dev}
        self.stack.device_changed(dev, "master")

    def xmit(self, frame: Frame) -> None:
        """Send from the machine's own port."""
        self._forward(frame, None)

    def receive_from(self, port: NetDevice, frame: Frame) -> None:
        """A port got a frame."""
        if not self.is_up:
            return
        self.forwarding[frame.hardware_source] = (port, self.stack.clock.monotonic_ns() + AGEING_NS)
        group = frame.hardware_destination[0] & 1
        if group or frame.hardware_destination == self.address:
            self.stack.receive(frame.clone(self))
        if frame.hardware_destination != self.address:
            self._forward(frame, port)

    def _forward(self, frame: Frame, source: NetDevice | None) -> None:
        seen, until = self.forwarding.get(frame.hardware_destination, (None, 0))
        if seen is not None and until > self.stack.clock.monotonic_ns():
            ports = [seen]
        else:
            ports = self.ports
        for port in ports:
            if port is not source and port.operational:
                self.stack.transmit(frame.clone(port))

    def unregister(self) -> None:
        """Its ports are their own again."""
        for port in list(self.ports):
            self.remove_port(port)
