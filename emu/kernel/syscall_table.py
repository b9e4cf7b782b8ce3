"""One ABI's system call table over one CPU: rows bind to their handlers when first called."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.arm_private import is_private, unknown_private_call
from emu.kernel.binding import Binder
from emu.kernel.errno import ENOSYS, KernelError
from emu.kernel.events import SyscallEvent
from emu.kernel.restart import RegistersSet, Restart
from emu.record import replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from emu.arch.abi import Abi, Row
    from emu.arch.convention import Convention
    from emu.arch.cpu import RegisterFile
    from emu.kernel.binding import Decoder, RawDecoder
    from emu.kernel.kernel import Kernel
    from emu.kernel.syscall import Syscall
    from emu.kernel.task import Task

INDIRECT = "sys_syscall"
TRACED_WORDS = 6  # of a call that nothing declares


class SyscallTable:
    """Number -> decoder: `rows` has those that were called before, `bind` finds the others.

    Rows are remembered for numbers of the ABI's table only: a guest that tries every number
    there is does not grow the kernel. `way` is the trap instruction that leads here, for tracers.
    With `own_rows` it is not the ABI's table but one of these rows; see `emu.kernel.added_gates`.
    """

    def __init__(
        self,
        kernel: Kernel,
        abi: Abi,
        registers: RegisterFile,
        wide: bool,
        convention: Convention | None = None,
        *,
        way: str = "",
        own_rows: Mapping[int, tuple[Row, Syscall | None]] | None = None,
    ) -> None:
        self.rows: dict[int, Decoder] = {}
        self.kernel = kernel
        self.abi = abi
        self.convention = convention or abi.convention
        self.way = way
        self._registers = registers
        self._wide = wide
        self._own_rows = own_rows
        self._binder = Binder(abi, registers, wide, convention)
        self._number_mask = (1 << self.convention.number_bits) - 1
        self._sister: SyscallTable | None = None

    def bind(self, number: int) -> Decoder:
        """The decoder for what the number register holds."""
        if number > self._number_mask:  # the kernel looks at a part of the register only
            return self.bind(number & self._number_mask)
        if self._own_rows is not None:
            return self._bind_own(number)
        row = self.abi.syscalls.get(number)
        if row is None:
            sister = self._sister_of(number)
            if sister is not None:
                self.rows[number] = decoder = sister.bind(number)
                return decoder
            refuse = self._end if is_private(self.abi, number) else self._refuse
            return self.watched(partial(refuse, number), None, None, number)
        if row.entry == INDIRECT:
            self.rows[number] = decoder = self._indirect(row)
            return decoder
        syscall = self.kernel.handler(self.abi, row.entry)
        if syscall is None:
            decoder = self._unimplemented(row)
        else:
            decoder = self._binder.decoder(syscall)
        self.rows[number] = decoder = self.watched(decoder, syscall, row, number)
        return decoder

    def raw_words(self, count: int) -> RawDecoder:
        """``raw(task)`` is the first words that any call has for arguments."""
        return self._binder.raw_words(count)

    def _bind_own(self, number: int) -> Decoder:
        """The decoder of a row of somebody's own table."""
        assert self._own_rows is not None
        row, syscall = self._own_rows.get(number, (None, None))
        if row is None:
            return self.watched(partial(self._refuse, number), None, None, number)
        decoder = self._unimplemented(row) if syscall is None else self._binder.decoder(syscall)
        self.rows[number] = decoder = self.watched(decoder, syscall, row, number)
        return decoder

    def _sister_of(self, number: int) -> SyscallTable | None:
        """The table of the ABI that shares this way in, if it has the number."""
        name = self.abi.sister
        if name is None:
            return None
        if self._sister is None:
            sister = self.kernel.abi(name, self.abi.byte_order)
            self._sister = SyscallTable(
                self.kernel, sister, self._registers, self._wide, way=self.way
            )
        return self._sister if number in self._sister.abi.syscalls else None

    def _indirect(self, own: Row) -> Decoder:
        """syscall(2): the number is the first argument, and the others move up by one.

        The inner call is the one that tracers see. See sys_syscall in
        arch/mips/kernel/scall32-o32.S and arch/arm/kernel/entry-common.S.
        """
        first, *others = self.abi.convention.arguments
        convention = replace(self.abi.convention, arguments=tuple(others))
        inner = type(self)(
            self.kernel, self.abi, self._registers, self._wide, convention, way=self.way
        )
        registers = self._registers
        refuse = self.watched(partial(self._refuse, own.nr), None, own, own.nr)
        # Old ARM's numbers may come without the bits that mark them.
        mark = self.abi.number_base if self.abi.name == "arm-oabi" else 0

        def indirect(task: Task) -> int | Awaitable[int]:
            number = registers[first] & 0xFFFFFFFF | mark
            row = self.abi.syscalls.get(number)
            if row is None or row.entry == INDIRECT or is_private(self.abi, number):
                return refuse(task)
            return (inner.rows.get(number) or inner.bind(number))(task)

        return indirect

    def _refuse(self, _number: int, task: Task) -> int:
        task.abi = self.abi
        raise ENOSYS

    def _end(self, number: int, task: Task) -> int:
        task.abi = self.abi
        return unknown_private_call(task, self.abi, number)

    def _unimplemented(self, row: Row) -> Decoder:
        def answer_enosys(task: Task) -> int:
            task.abi = self.abi
            self.kernel.report_unimplemented(task, self.abi, row)
            raise ENOSYS

        return answer_enosys

    def watched(
        self, decoder: Decoder, syscall: Syscall | None, row: Row | None, number: int
    ) -> Decoder:
        """The decoder itself while nobody watches; else one that tells the tracer."""
        tracer = self.kernel.tracer
        if tracer is None:
            return decoder
        from emu.kernel.injection import tampered

        binder, way = self._binder, self.way
        raw = binder.raw_words(TRACED_WORDS) if syscall is None else binder.raw_decoder(syscall)
        name = row.name if row else f"syscall_{number:#x}"

        async def slept(awaitable: Awaitable[int], event: SyscallEvent) -> int:
            try:
                event.result = await awaitable
                return event.result
            except KernelError as error:
                event.error = error
                raise
            except Restart as broken:
                event.broken = broken
                raise
            finally:
                tracer.leave(event)

        def traced(task: Task) -> int | Awaitable[int]:
            task.abi = self.abi
            event = SyscallEvent(
                task, name, number, syscall, raw_arguments(task), None, None, None, way
            )
            tracer.enter(event)
            try:
                if event.injected is None:
                    result = decoder(task)
                else:
                    result = tampered(event.injected, decoder, task)
            except KernelError as error:
                event.error = error
                tracer.leave(event)
                raise
            except RegistersSet:
                self._tell_restored(event)
                tracer.leave(event)
                raise
            if not isinstance(result, int):
                return slept(result, event)
            event.result = result
            tracer.leave(event)
            return result

        def raw_arguments(task: Task) -> tuple[int, ...]:
            try:
                return raw(task)
            except KernelError:  # arguments on an unreadable stack; the call itself will say so
                return ()

        return traced

    def _tell_restored(self, event: SyscallEvent) -> None:
        """What a call that set the registers itself seems to answer: a result or an error."""
        convention = self.convention
        value, mask = self._registers[convention.result], (1 << self.abi.word_bytes * 8) - 1
        number = 0
        if convention.error_flag is None:
            number = -value & mask
        elif self._registers[convention.error_flag]:
            number = value & mask
        numbers = self.kernel.errno_numbers(self.abi)
        error = next((kind for kind, known in numbers.items() if known == number), None)
        if error is None or not number:
            event.result = value
        else:
            event.error = error()
