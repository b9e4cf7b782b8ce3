"""What of the outside a guest may reach, and what of it the outside may."""

from __future__ import annotations

import ipaddress

from emu.record import record

ANY = "*"
PORT_MAX = 65535


@record
class Allow:
    """One rule: connections to addresses of a network (a single one's is /32), and a port or all.

    `name` is how the user called it, if it was a name: the guest's /etc/hosts gets it.
    """

    network: ipaddress.IPv4Network
    port: int | None
    name: str = ""

    def permits(self, address: bytes, port: int) -> bool:
        """Whether it lets a connection through."""
        inside = ipaddress.IPv4Address(address) in self.network
        return inside and self.port in (None, port)


@record
class Publish:
    """A port of the host that leads to one of the guest's."""

    host_address: str
    host_port: int
    guest_port: int


@record
class HostAccess:
    """All that a machine may do with the host's network."""

    allowed: tuple[Allow, ...] = ()
    published: tuple[Publish, ...] = ()


def parse_allow(text: str) -> tuple[str, int | None]:
    """``HOST:PORT``: the host and the port, None for ``*``. `ValueError`."""
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host, None if port == ANY else parse_port(port)


def parse_publish(text: str) -> Publish:
    """``[ADDRESS:]HOST:GUEST`` in port numbers; without an address it is the loopback's."""
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise ValueError(f"{text!r} is not HOST:GUEST or ADDRESS:HOST:GUEST")
    address = parts[0] if len(parts) == 3 else "127.0.0.1"
    ipaddress.IPv4Address(address)
    return Publish(address, parse_port(parts[-2]), parse_port(parts[-1]))


def parse_port(text: str) -> int:
    """A port's number. `ValueError`."""
    if not text.isdecimal() or not 0 < int(text) <= PORT_MAX:
        raise ValueError(f"{text!r} is no port")
    return int(text)


def resolve_allow(host: str, port: int | None) -> list[Allow]:
    """The rules of one host: ``*``, a network, an address, or a name to be looked up. `OSError`."""
    if host == ANY:
        return [Allow(ipaddress.IPv4Network("0.0.0.0/0"), port)]
    try:
        return [Allow(ipaddress.IPv4Network(host, strict=False), port)]
    except ValueError:
        pass
    import socket

    found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [Allow(ipaddress.IPv4Network(address), port, host) for address in addresses]
