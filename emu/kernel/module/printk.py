"""The kernel's log: what dmesg(1) shows, and /dev/kmsg and syslog(2) read. See kernel/printk."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC, NSEC_PER_USEC
from emu.kernel.wait import WaitQueue
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

LOG_EMERG, LOG_ALERT, LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG = range(8)
LOG_KERN, LOG_USER = 0, 1
LEVEL_MASK = 7
FACILITY_SHIFT = 3

BUFFER_BYTES = 1 << 17
RECORD_BYTES = 64
"""What a record costs in the buffer beyond its text."""
LINE_MAX = 1024 - 48
"""The longest text; the rest is cut. See PRINTKRB_RECORD_MAX and PRINTK_PREFIX_MAX."""

MESSAGE_LOGLEVEL_DEFAULT = LOG_WARNING
CONSOLE_LOGLEVEL_QUIET = 4
KERN_SOH = b"\x01"


@record(frozen=False)
class LogRecord:
    """One message."""

    seq: int
    level: int
    facility: int
    time_ns: int
    text: bytes

    @property
    def cost(self) -> int:
        """How much of the buffer it takes."""
        return len(self.text) + RECORD_BYTES

    @property
    def priority(self) -> int:
        """Facility and level in one number, as syslog has it."""
        return self.facility << FACILITY_SHIFT | self.level

    def syslog_lines(self) -> bytes:
        """Its lines as syslog(2) gives them, each with priority and time."""
        prefix = b"<%d>%s " % (self.priority, time_stamp(self.time_ns))
        return b"".join(prefix + line + b"\n" for line in self.text.split(b"\n"))

    def kmsg_line(self) -> bytes:
        """It as /dev/kmsg gives it. See Documentation/ABI/testing/dev-kmsg."""
        time_us = self.time_ns // NSEC_PER_USEC
        return b"%d,%d,%d,-;%s\n" % (self.priority, self.seq, time_us, escaped(self.text))


class KernelLog:
    """One machine's ring of messages.

    Messages more severe than `console_loglevel` also go to the machine's owner, who is the
    console; `quiet` machines show errors only.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._records: deque[LogRecord] = deque()
        self._bytes = 0
        self._open = False
        self.next_seq = 0
        self.clear_seq = 0
        """The first message that READ_ALL shows: see SYSLOG_ACTION_CLEAR."""
        self.console_loglevel = CONSOLE_LOGLEVEL_QUIET
        self.default_loglevel = MESSAGE_LOGLEVEL_DEFAULT
        self.changed = WaitQueue()
        uts = kernel.uts
        self._add(LOG_NOTICE, LOG_KERN, b"Linux version %s %s" % (uts.release, uts.version), 0)

    @property
    def first_seq(self) -> int:
        """The oldest message there is."""
        return self._records[0].seq if self._records else self.next_seq

    def printk(self, message: str | bytes) -> int:
        """Log a message as printk does: KERN_ levels in front, continued lines; its length."""
        text = message.encode(errors="surrogateescape") if isinstance(message, str) else message
        length = len(text)
        level: int | None = None
        continues = False
        while text[:1] == KERN_SOH and len(text) > 1:
            if text[1:2].isdigit():
                level = text[1] & LEVEL_MASK
            continues = continues or text[1:2] == b"c"
            text = text[2:]
        ended = text.endswith(b"\n")
        text = text.removesuffix(b"\n")
        if continues and self._open and self._records:
            self._extend(text)
        else:
            self.log(self.default_loglevel if level is None else level, text)
        self._open = not ended
        return length

    def log(self, level: int, text: str | bytes, facility: int = LOG_KERN) -> None:
        """Add a message."""
        raw = text.encode(errors="surrogateescape") if isinstance(text, str) else text
        self._open = False
        self._add(level, facility, raw[:LINE_MAX], self._kernel.clock.monotonic_ns())
        if level < self.console_loglevel:
            self._kernel.log(raw.decode(errors="replace"))
        self.changed.wake_up_all()

    def since(self, seq: int) -> list[LogRecord]:
        """The messages from a number on."""
        return [record for record in self._records if record.seq >= seq]

    def at(self, seq: int) -> LogRecord:
        """The message of a number, which is there."""
        return self._records[seq - self.first_seq]

    def _add(self, level: int, facility: int, text: bytes, time_ns: int) -> None:
        record = LogRecord(self.next_seq, level, facility, time_ns, text)
        self.next_seq += 1
        self._records.append(record)
        self._bytes += record.cost
        self._make_room()

    def _extend(self, text: bytes) -> None:
        last = self._records[-1]
        self._bytes -= last.cost
        last.text = (last.text + text)[:LINE_MAX]
        self._bytes += last.cost
        self._make_room()

    def _make_room(self) -> None:
        while self._bytes > BUFFER_BYTES:
            self._bytes -= self._records.popleft().cost


def time_stamp(time_ns: int) -> bytes:
    """A time as dmesg shows it."""
    return b"[%5d.%06d]" % (time_ns // NSEC_PER_SEC, time_ns % NSEC_PER_SEC // NSEC_PER_USEC)


def escaped(text: bytes) -> bytes:
    """A text in which nothing but printable characters is left."""
    return b"".join(
        b"%c" % byte if 0x20 <= byte < 0x7F and byte != 0x5C else b"\\x%02x" % byte for byte in text
    )
