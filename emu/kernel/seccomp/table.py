"""The system call table of tasks that may not make every call: see __secure_computing.

Each row asks the task's filters first. So whoever finds a row, an ordinary gate or a tracer's,
finds it filtered, and tasks without filters have other tables, which know nothing of all this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.arch.regset import audit_arch
from emu.arch.regset.base import signed32
from emu.kernel.errno import KernelError
from emu.kernel.restart import RegistersSet
from emu.kernel.seccomp.act import (
    FilteredCall,
    is_notified,
    is_suspended,
    kill_strict,
    passes,
    refuse,
)
from emu.kernel.syscall_table import INDIRECT, SyscallTable
from emu.kernel.trap import MIPS_MAX_ERRNO

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from emu.kernel.binding import Decoder
    from emu.kernel.seccomp.filter import SeccompFilter, Verdict
    from emu.kernel.task import Task

ARGUMENTS = 6
STRICT = frozenset({"sys_read", "sys_write", "sys_exit"})
STRICT_RETURNS = {"i386": "sigreturn", "arm-eabi": "sigreturn", "arm-oabi": "sigreturn"}
"""What strict mode lets return from a handler where it is not rt_sigreturn(2)."""


class FilteredTable(SyscallTable):
    """One ABI's system calls, each behind the filters of the task that makes it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._arch = audit_arch(self.abi)
        numbers = self.kernel.errno_numbers(self.abi)
        self._errors = {number: error for error, number in numbers.items()}
        self._raw = self._binder.raw_words(ARGUMENTS)
        returns = STRICT_RETURNS.get(self.abi.name, "rt_sigreturn")
        self._strict = {
            number
            for number, row in self.abi.syscalls.items()
            if row.name == returns or self.abi.canonical_entry(row.entry) in STRICT
        }

    def bind(self, number: int) -> Decoder:
        """See `SyscallTable.bind`."""
        number &= self._number_mask
        decoder = super().bind(number)
        row = self.abi.syscalls.get(number)
        if row is not None and row.entry == INDIRECT:
            return decoder  # the call inside is the one that is filtered
        is_known = number in self.rows
        filtered = self._filtered(number, decoder, is_known)
        if is_known:
            self.rows[number] = filtered
        return filtered

    def _filtered(self, number: int, decoder: Decoder, is_known: bool) -> Decoder:
        """The decoder behind the filters of whoever calls it."""
        abi, row = self.abi, self.abi.syscalls.get(number)
        call = FilteredCall(signed32(number), self._arch)
        is_strict = number in self._strict

        def filtered(task: Task) -> int | Awaitable[int]:
            seccomp = task.seccomp
            if seccomp is None:  # it gets its own gates with the next switch
                return decoder(task)
            task.abi = abi
            if seccomp.filter is None:
                if is_strict or is_suspended(task):
                    return decoder(task)
                return self.watched(strictly_refused, None, row, number)(task)
            verdict = self._verdict(task, seccomp.filter, call, is_known)
            if verdict.by is None or passes(task, call, verdict):
                return decoder(task)

            def refused(task: Task) -> int | Awaitable[int]:
                if is_notified(verdict):
                    return self._notify(task, call, verdict.by, decoder)
                return self._answer(refuse(task, call, verdict))

            return self.watched(refused, None, row, number)(task)

        def strictly_refused(task: Task) -> int:
            return kill_strict(task, call)

        return filtered

    async def _notify(
        self, task: Task, call: FilteredCall, by: SeccompFilter | None, decoder: Decoder
    ) -> int:
        """Ask the filter's listener."""
        assert by is not None and by.listener is not None
        data = {
            "nr": call.nr,
            "arch": call.arch,
            "instruction_pointer": task.cpu.pc,
            "args": list(self._arguments(task)),
        }
        return self._answer(await by.listener.notify(task, data, decoder))

    def _answer(self, result: int) -> int:
        """A filter's error as a result: its number may be none that the ABI has."""
        error = self._errors.get(-result)
        if error is not None:
            raise error
        flag = self.convention.error_flag
        if flag is None or -result <= MIPS_MAX_ERRNO:
            return result
        self._registers[self.convention.result] = -result
        self._registers[flag] = 1
        raise RegistersSet

    def _verdict(
        self, task: Task, filter: SeccompFilter, call: FilteredCall, is_known: bool
    ) -> Verdict:
        if is_known:
            constant = filter.constant_verdict(*call)
            if constant is not None:
                return constant
        return filter.verdict(*call, task.cpu.pc, self._arguments(task))

    def _arguments(self, task: Task) -> tuple[int, ...]:
        try:
            return self._raw(task)
        except KernelError:  # on an unreadable stack; the call itself will say so
            return (0,) * ARGUMENTS
