"""More tasks beside a `Caller`: threads in its memory, and other processes of its machine."""

from __future__ import annotations

from tests.unit.sys.caller import Caller

MAP_SHARED_ANONYMOUS = 0x21


def thread_of(caller):
    """Another thread of a caller's process."""
    thread = Caller(caller.abi.name, caller.abi.byte_order, kernel=caller.kernel)
    thread.mm.release()
    thread.task.mm = thread.mm = caller.mm
    thread.mm.get()
    thread.buffer, thread.clock = caller.buffer, caller.clock
    return thread


def process_of(caller, abi="x86-64", byte_order=None, uid=0):
    """Another process of a caller's machine."""
    process = Caller(abi, byte_order, uid=uid, kernel=caller.kernel)
    process.clock = caller.clock
    return process


def share(caller, other):
    """One page that two processes map: its address in each."""
    mine = caller.mm.mmap(0, 0x1000, 3, MAP_SHARED_ANONYMOUS)
    vma = caller.mm.vmas.at(mine)
    theirs = other.mm.mmap(0, 0x1000, 3, MAP_SHARED_ANONYMOUS)
    twin = other.mm.vmas.at(theirs)
    other.mm.vmas.remove(twin)
    twin.mapping = vma.mapping
    other.mm.vmas.insert(twin)
    return mine, theirs


class Sleeping:
    """A call that sleeps, to be looked at and driven on."""

    def __init__(self, call):
        self.call = call
        self.wait = call.send(None)

    def go_on(self, woken=True):
        """Its result if it ends, None if it sleeps again; an error is raised."""
        try:
            self.wait = self.call.send(woken)
        except StopIteration as end:
            return end.value
        return None

    @property
    def asleep(self):
        """Whether it still sleeps when it is woken for nothing."""
        return self.go_on() is None


def asleep(caller, entry, *arguments):
    """Start a call that has to sleep; the caller keeps it."""
    sleeping = Sleeping(caller.start(entry, *arguments))
    vars(caller).setdefault("sleeping", []).append(sleeping)
    return sleeping
