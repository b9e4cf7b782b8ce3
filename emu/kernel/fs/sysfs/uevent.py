"""What the kernel tells udev: that objects came, went, or changed. See lib/kobject_uevent.c."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL, KernelError
from emu.kernel.fs.sysfs.attribute import Attribute
from emu.kernel.module.printk import LOG_WARNING, KernelLog
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.fs.single import Text
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.kernel import Kernel

Listener = Callable[[bytes], None]
Variables = dict[str, str]

ACTIONS = frozenset(
    (b"add", b"remove", b"change", b"move", b"online", b"offline", b"bind", b"unbind")
)
_UUID = rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_ARGUMENTS = re.compile(rb"(%s)((?: [0-9A-Za-z]+=[0-9A-Za-z]+)*)" % _UUID)
NO_UUID: Variables = {"SYNTH_UUID": "0"}


@record(frozen=False)
class UeventOps:
    """How a set tells of its objects: which, as whose, and what besides. See kset_uevent_ops."""

    filter: Callable[[Any], object] | None = None
    name: Callable[[Any], str | None] | None = None
    uevent: Callable[[Any], Variables] | None = None


class Uevents:
    """One machine's. `listeners` are called with each message: netlink's sockets."""

    def __init__(self, kernel: Kernel) -> None:
        self.seqnum = 0
        self.listeners: list[Listener] = []

    def send(self, action: str, kobj: Kobject, extra: Variables | None = None) -> None:
        """Tell that something happened to an object, if that can be told: see `tell`."""
        with contextlib.suppress(KernelError):
            self.tell(action, kobj, extra)

    def tell(self, action: str, kobj: Kobject, extra: Variables | None = None) -> None:
        """Tell that something happened to an object, if its set tells of such.

        EINVAL for one that is in no set, and none above it is; what its set's functions raise.
        """
        kset = set_of(kobj)
        if kset is None:
            raise EINVAL("an object without a set has no events")
        if action == "remove":
            kobj.told = False
        ops = kset.uevent_ops
        if not tells_of(ops, kobj):
            return
        subsystem = ops.name(kobj) if ops is not None and ops.name is not None else kset.name
        if not subsystem:
            return
        path = kobj.path()
        fields = {"ACTION": action, "DEVPATH": path, "SUBSYSTEM": subsystem, **(extra or {})}
        if ops is not None and ops.uevent is not None:
            fields |= ops.uevent(kobj)
        if action == "add":
            kobj.told = True
        self.seqnum += 1
        fields["SEQNUM"] = str(self.seqnum)
        parts = [f"{action}@{path}", *(f"{key}={value}" for key, value in fields.items())]
        message = "".join(part + "\0" for part in parts).encode(errors="surrogateescape")
        for listener in self.listeners:
            listener(message)


def set_of(kobj: Kobject) -> Kobject | None:
    """The set of an object, or of the nearest one above it that has one."""
    at: Kobject | None = kobj
    while at is not None and at.kset is None:
        at = at.parent
    return at.kset if at is not None else None


def tells_of(ops: UeventOps | None, kobj: Kobject) -> bool:
    """Whether a set has events of this one of its objects."""
    return ops is None or ops.filter is None or bool(ops.filter(kobj))


def synthesize(kobj: Kobject, data: bytes) -> None:
    """Tell udev what a program writes to a ``uevent``: ``ACTION [UUID [KEY=VALUE ...]]``.

    EINVAL, with a line in the log. See kobject_synth_uevent and
    Documentation/ABI/testing/sysfs-uevent.
    """
    assert kobj.sysfs is not None
    kernel = kobj.sysfs.kernel
    try:
        action, extra = parsed(data)
        kernel.part(Uevents).tell(action, kobj, extra)
    except EINVAL as error:
        log = kernel.part(KernelLog)
        log.log(LOG_WARNING, f"synth uevent: {kobj.path()}: {error}")
        raise


def parsed(data: bytes) -> tuple[str, Variables]:
    """The action that a program wrote, and what it adds to the event. EINVAL."""
    if data[-1:] in (b"\n", b"\0"):
        data = data[:-1]
    action, space, rest = data.partition(b" ")
    if action not in ACTIONS:
        raise EINVAL("unknown uevent action string")
    if not space:
        return action.decode(), NO_UUID
    arguments = _ARGUMENTS.fullmatch(rest)
    if arguments is None:
        raise EINVAL("incorrect uevent action arguments")
    variables = {"SYNTH_UUID": arguments[1].decode()}
    for pair in arguments[2].decode().split():
        key, _, value = pair.partition("=")
        variables[f"SYNTH_ARG_{key}"] = value
    return action.decode(), variables


class UeventAttribute(Attribute):
    """The file ``uevent``: what the object's events tell, and a way to have one sent.

    Only devices can be asked: `shows` says whether it is one's.
    """

    writable = True

    def __init__(self, *, shows: bool) -> None:
        super().__init__("uevent", 0o644 if shows else 0o200)
        self.readable = shows

    def show(self, kobj: Kobject) -> Text:
        """The variables that the set adds."""
        kset = set_of(kobj)
        ops = kset.uevent_ops if kset is not None else None
        if ops is None or ops.uevent is None or not tells_of(ops, kobj):
            return b""
        lines = [f"{key}={value}\n" for key, value in ops.uevent(kobj).items()]
        return "".join(lines).encode(errors="surrogateescape")

    def store(self, kobj: Kobject, data: bytes) -> int:
        """See `synthesize`."""
        synthesize(kobj, data)
        return len(data)
