"""Dumps: answers of many messages, made as the program reads them. See netlink_dump."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, KernelError
from emu.kernel.net.netlink.message import ErrorNumber, NlMsg
from emu.kernel.uapi.netlink import NLM_F_DUMP_INTR, NLM_F_MULTI, NLMSG_DONE

if TYPE_CHECKING:
    from emu.kernel.net.netlink.request import Request
    from emu.kernel.net.netlink.socket import NetlinkSocket

GOOD_SIZE = 3776
"""How much one buffer holds for a program that reads little at a time: NLMSG_GOODSIZE."""


class Dump:
    """One dump. `generation` counts changes of what is told: if it moves, the program is warned."""

    def __init__(
        self,
        request: Request,
        messages: Iterator[NlMsg],
        generation: Callable[[], int] | None = None,
    ) -> None:
        self._request = request
        self._messages = messages
        self._generation = generation or (lambda: 0)
        self._first_generation = self._generation()
        self._pending: bytes | None = None
        self._error: type[KernelError] | None = None

    def start(self) -> None:
        """Send the first buffer. EBUSY while the socket has a dump under way."""
        socket = self._request.socket
        if socket.dump is not None:
            raise EBUSY("a dump is under way")
        socket.dump = self
        try:
            self._pending = self._next()
        except KernelError:
            socket.dump = None
            raise
        self.send_more(socket)

    def send_more(self, socket: NetlinkSocket) -> None:
        """Send as much as one buffer holds, and the end if that is reached."""
        limit = max(socket.max_recvmsg_len, GOOD_SIZE)
        data = b""
        while self._pending is not None:
            if data and len(data) + len(self._pending) > limit:
                socket.deliver(data, 0, 0)
                return
            data += self._pending
            try:
                self._pending = self._next()
            except KernelError as error:
                self._pending, self._error = None, type(error)
        socket.dump = None
        socket.deliver(data + self._encode(self._end()), 0, 0)

    def _end(self) -> NlMsg:
        return NlMsg(NLMSG_DONE, header=ErrorNumber(self._error))

    def _next(self) -> bytes | None:
        message = next(self._messages, None)
        return None if message is None else self._encode(message)

    def _encode(self, message: NlMsg) -> bytes:
        request = self._request
        message.seq, message.portid = request.seq, request.socket.portid
        message.flags |= NLM_F_MULTI
        if self._generation() != self._first_generation:
            message.flags |= NLM_F_DUMP_INTR
        return message.encode(request.abi)
