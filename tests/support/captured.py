"""Runs a command in a network namespace of its own, and tells every packet that was seen there.

    unshare --net python -m tests.support.captured COMMAND...

The namespace has a loopback and an end of a cable, ``cable0`` with 10.99.0.1/24, by which a default
route leads to 10.99.0.2. The first packet is sent by this program itself, so that a capture that
sees nothing is found out. Prints JSON: the command's status and output, and the packets, each with
its interface, protocol, destination and port.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

PROOF_PORT = 9
ETH_P_ALL = 3
OUTGOING = 4
SETTLE_S = 0.2
CABLE = (
    "link set lo up",
    "link add cable0 type veth peer name cable1",
    "address add 10.99.0.1/24 dev cable0",
    "link set cable1 up",
    "link set cable0 up",
    "neighbour add 10.99.0.2 lladdr 02:00:00:00:00:02 dev cable0",
    "route add default via 10.99.0.2",
)


def main(command: list[str]) -> int:
    Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    for line in CABLE:
        subprocess.run(["ip", *line.split()], check=True)
    capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    capture.setblocking(False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as proof:
        proof.sendto(b"proof", ("10.99.0.2", PROOF_PORT))
    done = subprocess.run(command, capture_output=True, check=False)
    time.sleep(SETTLE_S)
    print(json.dumps({
        "status": done.returncode,
        "output": done.stdout.decode(),
        "errors": done.stderr.decode(),
        "packets": packets(capture),
    }))  # fmt: skip
    return 0


def packets(capture: socket.socket) -> list[str]:
    """What was sent, each packet once, in words."""
    seen = []
    while True:
        try:
            data, (interface, protocol, kind, *_) = capture.recvfrom(65536)
        except BlockingIOError:
            return seen
        if kind == OUTGOING:
            seen.append(f"{interface} {described(protocol, data)}")


def described(protocol: int, frame: bytes) -> str:
    """A frame's protocol, destination and port."""
    if protocol != 0x0800:
        return f"protocol {protocol:#06x}"
    packet = frame[14:]
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return "no packet"
    to = socket.inet_ntoa(packet[16:20])
    name = {1: "icmp", 6: "tcp", 17: "udp"}.get(packet[9], str(packet[9]))
    header = packet[(packet[0] & 15) * 4 :]
    ports = struct.unpack_from("!HH", header) if name in ("tcp", "udp") else (0, 0)
    return f"{name} {to} {min(ports) if name == 'tcp' else ports[1]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
