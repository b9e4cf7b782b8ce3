"""Mutated netlink messages: the kernel answers each with an error or a result, never a traceback.

Messages that programs really send are the seeds. Each round one is damaged: bits, lengths, types,
attributes cut, doubled or put elsewhere; then it is sent on a socket of its protocol, in either
byte order, and what comes back is read and looked at.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from emu.kernel.errno import KernelError
from emu.kernel.uapi.netlink import (
    CTRL_ATTR_FAMILY_NAME,
    CTRL_CMD_GETFAMILY,
    CTRL_CMD_GETPOLICY,
    GENL_ID_CTRL,
    NETLINK_GENERIC,
    NETLINK_ROUTE,
    NETLINK_SOCK_DIAG,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
)
from tests.unit.vfs.guest import Guest

ABIS = ("x86-64", "i386", "mips-o32", "mips-n64", "arm64")
AF_INET, AF_INET6, AF_NETLINK, AF_UNIX = 2, 10, 16, 1
SOCK_RAW = 3
SOL_NETLINK = 270
SEND_AT, RECEIVE_AT, RECEIVE_ROOM = 0, 0x4000, 0x4000
HEADER = 16

Seed = tuple[int, int, int, str, tuple[int | bytes, ...], list[tuple[int, bytes]]]
"""Protocol, type, flags, the fixed part's format and values, attributes."""

SEEDS: list[Seed] = [
    (NETLINK_ROUTE, 18, NLM_F_DUMP, "BxHiII", (0, 0, 0, 0, 0), [(29, b"\1\0\0\0")]),
    (NETLINK_ROUTE, 18, 0, "BxHiII", (0, 0, 1, 0, 0), [(3, b"lo\0")]),
    (NETLINK_ROUTE, 16, NLM_F_CREATE | NLM_F_EXCL, "BxHiII", (0, 0, 0, 1, 1),
     [(3, b"dummy7\0"), (4, struct.pack("<I", 1400)), (18, b"\x0a\0\1\0dummy\0\0\0")]),
    (NETLINK_ROUTE, 16, NLM_F_CREATE, "BxHiII", (0, 0, 0, 0, 0),
     [(18, b"\x08\0\1\0veth\x20\0\2\0\x1c\0\1\0" + bytes(16) + b"\x07\0\3\0v9\0\0")]),
    (NETLINK_ROUTE, 16, NLM_F_CREATE, "BxHiII", (0, 0, 0, 0, 0),
     [(18, b"\x0b\0\1\0bridge\0\0"), (3, b"br%d\0")]),
    (NETLINK_ROUTE, 19, 0, "BxHiII", (0, 0, 1, 1, 1), [(13, b"\5\0\0\0"), (10, b"\2\0\0\0")]),
    (NETLINK_ROUTE, 17, 0, "BxHiII", (0, 0, 2, 0, 0), []),
    (NETLINK_ROUTE, 20, NLM_F_CREATE, "BBBBI", (AF_INET, 24, 0, 0, 1),
     [(2, b"\x0a\1\2\3"), (1, b"\x0a\1\2\3"), (4, b"\x0a\1\2\xff")]),
    (NETLINK_ROUTE, 20, NLM_F_CREATE, "BBBBI", (AF_INET6, 64, 0, 0, 1), [(2, bytes(15) + b"\7")]),
    (NETLINK_ROUTE, 21, 0, "BBBBI", (AF_INET, 24, 0, 0, 1), [(2, b"\x0a\1\2\3")]),
    (NETLINK_ROUTE, 22, NLM_F_DUMP, "BBBBI", (0, 0, 0, 0, 0), []),
    (NETLINK_ROUTE, 24, NLM_F_CREATE, "BBBBBBBBI", (AF_INET, 16, 0, 0, 254, 3, 253, 1, 0),
     [(1, b"\x0a\1\0\0"), (4, b"\1\0\0\0"), (8, b"\x08\0\2\0\xdc\5\0\0")]),
    (NETLINK_ROUTE, 24, NLM_F_CREATE, "BBBBBBBBI", (AF_INET6, 64, 0, 0, 254, 3, 0, 1, 0),
     [(1, b"\xfd" + bytes(15)), (5, bytes(15) + b"\1")]),
    (NETLINK_ROUTE, 25, 0, "BBBBBBBBI", (AF_INET, 8, 0, 0, 254, 0, 255, 0, 0), []),
    (NETLINK_ROUTE, 26, NLM_F_DUMP, "BBBBBBBBI", (0, 0, 0, 0, 0, 0, 0, 0, 0), []),
    (NETLINK_ROUTE, 26, 0, "BBBBBBBBI", (AF_INET, 32, 0, 0, 0, 0, 0, 0, 0), [(1, b"\x7f\0\0\1")]),
    (NETLINK_ROUTE, 28, NLM_F_CREATE, "BxxxiHBB", (AF_INET, 1, 0x80, 0, 0),
     [(1, b"\x0a\1\2\4"), (2, b"\0\1\2\3\4\5")]),
    (NETLINK_ROUTE, 29, 0, "BxxxiHBB", (AF_INET, 1, 0, 0, 0), [(1, b"\x0a\1\2\4")]),
    (NETLINK_ROUTE, 30, NLM_F_DUMP, "BxxxiHBB", (0, 0, 0, 0, 0), []),
    (NETLINK_ROUTE, 34, NLM_F_DUMP, "BBBBBBBBI", (AF_INET, 0, 0, 0, 0, 0, 0, 0, 0), []),
    (NETLINK_GENERIC, GENL_ID_CTRL, 0, "BBH", (CTRL_CMD_GETFAMILY, 1, 0),
     [(CTRL_ATTR_FAMILY_NAME, b"nlctrl\0")]),
    (NETLINK_GENERIC, GENL_ID_CTRL, NLM_F_DUMP, "BBH", (CTRL_CMD_GETFAMILY, 1, 0), []),
    (NETLINK_GENERIC, GENL_ID_CTRL, NLM_F_DUMP, "BBH", (CTRL_CMD_GETPOLICY, 1, 0),
     [(CTRL_ATTR_FAMILY_NAME, b"nlctrl\0")]),
    (NETLINK_SOCK_DIAG, 20, NLM_F_DUMP, "BBHIIIII", (AF_UNIX, 0, 0, 0xFFFFFFFF, 0, 0xFF, 0, 0), []),
    (NETLINK_SOCK_DIAG, 20, NLM_F_DUMP, "BBBBI48s", (AF_INET, 6, 0xFF, 0, 0xFFF, bytes(48)), []),
    (NETLINK_SOCK_DIAG, 20, 0, "BBBBI48s", (AF_INET6, 17, 0xFF, 0, 0xFFF, bytes(48)), []),
    (NETLINK_SOCK_DIAG, 20, NLM_F_DUMP, "BBHIIII", (AF_NETLINK, 255, 0, 0, 255, 0, 0), []),
]  # fmt: skip


class Fuzzer:
    """One program of an ABI with a netlink socket of each protocol."""

    def __init__(self, abi: str, dice: random.Random) -> None:
        self.dice = dice
        self.guest = Guest(abi)
        self.order = self.guest.abi.isa.byte_order
        self.errno = self.guest.abi.errno_names
        self.guest.clock.advance(1)
        self.sockets: dict[int, int] = {}
        for protocol in (NETLINK_ROUTE, NETLINK_GENERIC, NETLINK_SOCK_DIAG):
            fd = self.guest.sys("socket", AF_NETLINK, SOCK_RAW, protocol)
            assert isinstance(fd, int), fd
            self.sockets[protocol] = fd
        for option in (10, 11, 12):
            for fd in self.sockets.values():
                if dice.random() < 0.5:
                    self.guest.mm.write(self.guest.buffer, struct.pack(f"{self.order}i", 1))
                    self.guest.sys("setsockopt", fd, SOL_NETLINK, option, self.guest.buffer, 4)

    def run(self, rounds: int) -> int:
        """So many messages: how many were answered with an error."""
        refused = 0
        for _ in range(rounds):
            seed = self.dice.choice(SEEDS)
            refused += self.send(self.sockets[seed[0]], self.mutated(seed))
        return refused

    def mutated(self, seed: Seed) -> bytes:
        """A seed's bytes, damaged in up to four places."""
        _, type, flags, format, values, attributes = seed
        dice = self.dice
        flags |= NLM_F_REQUEST | (NLM_F_ACK if dice.random() < 0.7 else 0)
        attributes = list(attributes)
        if attributes and dice.random() < 0.2:
            attributes.append(dice.choice(dice.choice(SEEDS)[5] or attributes))
        body = struct.pack(self.order + format, *values)
        body += b"".join(self._attribute(*a) for a in attributes)
        if dice.random() < 0.1:
            type = dice.randrange(1 << 16) if dice.random() < 0.3 else dice.randrange(16, 124)
        if dice.random() < 0.2:
            flags ^= 1 << dice.randrange(12)
        raw = bytearray(struct.pack(f"{self.order}IHHII", HEADER + len(body), type, flags, 7, 0))
        raw += body
        for _ in range(dice.choice((0, 1, 1, 2, 4))):
            self._damage(raw)
        return bytes(raw)

    def _attribute(self, type: int, data: bytes) -> bytes:
        length = 4 + len(data)
        return struct.pack(f"{self.order}HH", length, type) + data + bytes(-length % 4)

    def _damage(self, raw: bytearray) -> None:
        dice = self.dice
        match dice.randrange(5):
            case 0 if raw:
                raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
            case 1 if raw:
                raw[dice.randrange(len(raw))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del raw[dice.randrange(len(raw) + 1) :]
            case 3:
                place = dice.randrange(len(raw) + 1)
                raw[place:place] = dice.randbytes(dice.choice((1, 4, 8, 64)))
            case 4 if len(raw) >= HEADER:
                struct.pack_into(f"{self.order}I", raw, 0, dice.choice((0, 15, 16, len(raw), 9999)))

    def send(self, fd: int, raw: bytes) -> int:
        """Send a message and read all answers: how many are errors."""
        guest = self.guest
        guest.mm.write(guest.buffer + SEND_AT, raw)
        sent = guest.sys("sendto", fd, guest.buffer + SEND_AT, len(raw), 0, 0, 0)
        assert sent == len(raw) or isinstance(sent, str), sent
        refused = 0
        for message_type, payload in self._answers(fd):
            if message_type in (NLMSG_ERROR, NLMSG_DONE):
                (number,) = struct.unpack_from(f"{self.order}i", payload)
                assert not number or -number in self.errno, f"answers {number}"
                refused += number != 0
        return refused

    def _answers(self, fd: int) -> Iterator[tuple[int, bytes]]:
        guest = self.guest
        place = guest.buffer + RECEIVE_AT
        while True:
            got = guest.sys("recvfrom", fd, place, RECEIVE_ROOM, 0x40, 0, 0)
            if not isinstance(got, int):
                assert got in ("EAGAIN", "ENOBUFS"), got
                if got == "EAGAIN":
                    return
                continue
            data = guest.mm.read(place, got)
            while data:
                length, type = struct.unpack_from(f"{self.order}IH", data)
                assert HEADER <= length <= len(data), "an answer of a bad length"
                yield type, data[HEADER:length]
                data = data[length + 3 & ~3 :]


def run(count: int, seed: int) -> int:
    """`count` messages over all ABIs: how many were refused. `KernelError` may not escape."""
    refused = 0
    for number, abi in enumerate(ABIS):
        fuzzer = Fuzzer(abi, random.Random(f"{seed} {abi}"))
        try:
            refused += fuzzer.run(count // len(ABIS) + (number < count % len(ABIS)))
        except KernelError as error:
            raise AssertionError(f"{abi}: {error!r} escaped") from error
    return refused


def main(arguments: list[str]) -> None:
    """``python -m tests.fuzz.netlink [COUNT [SEED]]``."""
    count = int(arguments[0]) if arguments else 100_000
    seed = int(arguments[1]) if len(arguments) > 1 else random.randrange(1 << 32)
    print(f"{count} messages, seed {seed}: {run(count, seed)} refused, no traceback")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
