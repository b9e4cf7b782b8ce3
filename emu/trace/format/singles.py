"""Formatters of single arguments for `emu.trace.format.calls`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.uapi.personality import PERSONALITY
from emu.trace.format import files, futex
from emu.trace.format.arguments import argument, buffer, structure
from emu.trace.format.flags import personality
from emu.trace.format.numbers import (
    ACCESS,
    FALLOCATE,
    MEMBARRIER,
    SEEK,
    SYSLOG,
    capabilities,
    one_of,
    set_of,
)
from emu.trace.format.text import hexadecimal, octal, pointer, quoted, quoted_hex, signed

if TYPE_CHECKING:
    from emu.trace.format.call import Call


def address(call: Call, index: int) -> str:
    """A pointer."""
    return pointer(call.value(index) & ((1 << call.word_bits) - 1))


def hexa(call: Call, index: int) -> str:
    """A number in hexadecimal."""
    return hexadecimal(call.event.arguments[index])


def page_offset(call: Call, index: int) -> str:
    """A number of 4 KiB pages, as bytes."""
    return hexadecimal(call.event.arguments[index] * 4096)


def seek(call: Call, index: int) -> str:
    """A whence."""
    return one_of(SEEK, call.value(index), "SEEK")


def joined_offset(call: Call, index: int) -> str:
    """A file offset that comes as a high and a low word."""
    high, low = call.event.arguments[index - 1], call.event.arguments[index]
    return str(signed((high & 0xFFFFFFFF) << 32 | low & 0xFFFFFFFF, 64))


def access_mode(call: Call, index: int) -> str:
    """What access(2) asks."""
    return set_of(ACCESS, call.value(index), "F_OK")


def file_mode(call: Call, index: int) -> str:
    """A mode with a file type."""
    return files.mode(call.value(index) & 0xFFFF)


def octal_mode(call: Call, index: int) -> str:
    """A mode."""
    return octal(call.value(index) & 0xFFFF)


def device(call: Call, index: int) -> str:
    """A device number."""
    return files.device(call.value(index))


def random_bytes(call: Call, index: int) -> str:
    """Bytes in hexadecimal."""
    value, count = call.value(index), call.event.result
    if call.failed or count is None:
        return pointer(value)
    try:
        return quoted_hex(call.mm.read(value, min(count, call.string_limit + 1)), call.string_limit)
    except KernelError:
        return pointer(value)


def descriptor_flags(call: Call, index: int) -> str:
    """The open flags that a call which opens nothing takes."""
    text = argument(call, index)
    return text.removeprefix("O_RDONLY|") if text != "O_RDONLY" else "0"


def filled(call: Call, index: int) -> str:
    """A buffer as long as the result says."""
    if call.failed or call.event.result is None:
        return address(call, index)
    return buffer(call, call.value(index), call.event.result)


def filled_string(call: Call, index: int) -> str:
    """A string that the call stored."""
    value = call.value(index)
    if call.failed or not value:
        return pointer(value)
    try:
        return quoted(call.mm.read_string(value, 4096))
    except KernelError:
        return pointer(value)


def statx_flags(call: Call, index: int) -> str:
    """AT_ flags and how to synchronise."""
    value = call.value(index)
    sync = {0x2000: "AT_STATX_FORCE_SYNC", 0x4000: "AT_STATX_DONT_SYNC"}
    names = [sync.get(value & 0x6000, "AT_STATX_SYNC_AS_STAT")]
    rest = ((0x100, "AT_SYMLINK_NOFOLLOW"), (0x800, "AT_NO_AUTOMOUNT"), (0x1000, "AT_EMPTY_PATH"))
    more = set_of(rest, value & ~0x6000, "")
    return "|".join([*names, more] if more else names)


def membarrier_command(call: Call, index: int) -> str:
    """A membarrier command."""
    names = ((0, "MEMBARRIER_CMD_QUERY"), *MEMBARRIER)
    return one_of(names, call.value(index), "MEMBARRIER_CMD")


def capability_data(call: Call, index: int) -> str:
    """The sets that capget(2) tells."""
    value = call.value(index)
    if call.failed or not value:
        return pointer(value)
    layout = call.abi.layout("__user_cap_data_struct")
    try:
        low, high = (
            layout.unpack(call.mm.read(value + i * layout.size, layout.size)) for i in range(2)
        )
    except KernelError:
        return pointer(value)
    sets = [
        f"{name}={capabilities(low[name] | high[name] << 32)}"
        for name in ("effective", "permitted", "inheritable")
    ]
    return f"{{{', '.join(sets)}}}"


def remaining(call: Call, index: int) -> str:
    """What was left of a sleep, if a signal ended it."""
    interrupted = call.event.result is None and (
        not call.failed or type(call.event.error).__name__ == "EINTR"
    )
    return structure(call, index) if interrupted else pointer(call.value(index))


def execution_domain(call: Call, index: int) -> str:
    """A personality, or the question for it."""
    value = call.value(index)
    return "0xffffffff" if value == 0xFFFFFFFF else personality(call.abi, PERSONALITY, value)


def fallocate_mode(call: Call, index: int) -> str:
    """What fallocate(2) does."""
    return set_of(FALLOCATE, call.value(index) & 0xFFFFFFFF)


def file_offset(call: Call, index: int) -> str:
    """A file position that a call takes and may change."""
    value = call.value(index)
    if not value:
        return "NULL"
    try:
        return f"[{signed(call.mm.read_u64(value), 64)}]"
    except KernelError:
        return pointer(value)


def rename_flags(call: Call, index: int) -> str:
    """RENAME_ flags."""
    names = ((1, "RENAME_NOREPLACE"), (2, "RENAME_EXCHANGE"), (4, "RENAME_WHITEOUT"))
    return set_of(names, call.value(index))


def syslog_action(call: Call, index: int) -> str:
    """A syslog action."""
    return one_of(SYSLOG, call.value(index), "SYSLOG_ACTION")


def futex_count(call: Call, index: int) -> str:
    """The second count of a requeue, where the others have their timeout."""
    command = futex.operation(call.value(1)).split("_PRIVATE")[0].split("|")[0]
    if command in (
        "FUTEX_REQUEUE", "FUTEX_CMP_REQUEUE", "FUTEX_WAKE_OP", "FUTEX_CMP_REQUEUE_PI",
    ):  # fmt: skip
        return str(call.value(index) & 0xFFFFFFFF)
    if command.endswith("???"):
        return hexadecimal(call.value(index))
    return structure(call, index)


def futex_last(call: Call, index: int) -> str:
    """The bits of a bitset operation, or what FUTEX_WAKE_OP does."""
    value = call.value(index)
    operation = futex.operation(call.value(1))
    if "BITSET" in operation:
        return "FUTEX_BITSET_MATCH_ANY" if value == 0xFFFFFFFF else hexadecimal(value)
    if operation.startswith("FUTEX_WAKE_OP"):
        return futex.changes(value)
    return hexadecimal(value) if "???" in operation else str(value)


def statx_wanted(call: Call, index: int) -> str:
    """What statx(2) is asked for."""
    return files.statx_mask(call.value(index))


def raw_word(call: Call, index: int) -> str:
    """A word without a sign."""
    return str(call.event.arguments[index])


def remote_iovec(call: Call, index: int) -> str:
    """Buffers of another process: where they are."""
    address, count = call.value(index), call.named("riovcnt") or 0
    layout = call.abi.layout("iovec")
    parts = []
    for item in range(min(count, 32)):
        try:
            value = layout.unpack(call.mm.read(address + item * layout.size, layout.size))
        except KernelError:
            return pointer(address)
        parts.append(f"{{iov_base={pointer(value['iov_base'])}, iov_len={value['iov_len']}}}")
    return f"[{', '.join(parts)}{', ...' if count > len(parts) else ''}]"
