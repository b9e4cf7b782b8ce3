"""Calls of the unit tests' task, written down by a tracer as the kernel would tell it."""

import io

from emu.kernel.errno import KernelError
from emu.kernel.events import SyscallEvent
from emu.trace.strace import Strace
from tests.unit.sys.caller import HANDLERS, Caller, row_of


class Traced(Caller):
    def __init__(self, *args, expressions=None, **options):
        super().__init__(*args)
        self.out = io.StringIO()
        self.tracer = Strace(self.out, expressions=expressions, **options)
        self.kernel.tracer = self.tracer

    def trace(self, entry, *arguments):
        """Make a call; answers the line that the tracer wrote."""
        self.out.seek(0)
        self.out.truncate()
        syscall, row = HANDLERS[entry], row_of(self.abi, entry)
        real_call = self.binder.decoder
        event = SyscallEvent(self.task, row.name, row.nr, syscall, ())

        def decoder(bound):
            run = real_call(bound)

            def enter(task):
                event.arguments = self.binder.raw_decoder(bound)(task)
                self.tracer.enter(event)
                return run(task)

            return enter

        self.binder.decoder = decoder
        self.bound.pop(entry, None)
        try:
            event.result = self.call(entry, *arguments)
        except KernelError as error:
            event.error = error
        finally:
            self.binder.decoder = real_call
            self.bound.pop(entry, None)
        self.tracer.leave(event)
        return self.out.getvalue()

    def unhandled(self, name, number, words):
        """A call that nothing answers."""
        from emu.kernel.errno import ENOSYS

        self.out.seek(0)
        self.out.truncate()
        event = SyscallEvent(self.task, name, number, None, words)
        self.tracer.enter(event)
        event.error = ENOSYS()
        self.tracer.leave(event)
        return self.out.getvalue()
