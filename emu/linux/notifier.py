"""Chains of functions that are told of events. See include/linux/notifier.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import ENOENT
from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import call
from emu.kernel.module.module import Module, Resource

NOTIFY_DONE, NOTIFY_OK, NOTIFY_STOP_MASK = 0, 1, 0x8000
NOTIFY_BAD, NOTIFY_STOP = NOTIFY_STOP_MASK | 2, NOTIFY_STOP_MASK | NOTIFY_OK


class notifier_block:
    """Who is told: ``notifier_call(block, event, data)``; the highest priority first."""

    def __init__(self, notifier_call: Callable[..., Any], priority: int = 0) -> None:
        self.notifier_call = notifier_call
        self.priority = priority
        self.module: Module | None = None
        self.resource: Resource | None = None
        self.container: Any = None


class notifier_head:
    """A chain."""

    def __init__(self) -> None:
        self.blocks: list[notifier_block] = []


def BLOCKING_NOTIFIER_HEAD(name: str = "") -> notifier_head:
    """A new chain."""
    return notifier_head()


ATOMIC_NOTIFIER_HEAD = RAW_NOTIFIER_HEAD = BLOCKING_NOTIFIER_HEAD


def blocking_notifier_chain_register(nh: notifier_head, nb: notifier_block) -> int:
    """Tell somebody from now on."""
    nb.module = this_module()
    nh.blocks.append(nb)
    nh.blocks.sort(key=lambda block: -block.priority)
    nb.resource = nb.module.made("a notifier", lambda: _leave(nh, nb))
    return 0


def blocking_notifier_chain_unregister(nh: notifier_head, nb: notifier_block) -> Any:
    """Tell them no more."""
    if nb not in nh.blocks:
        return -ENOENT
    nh.blocks.remove(nb)
    this_module().returned(nb.resource)
    return 0


def blocking_notifier_call_chain(nh: notifier_head, val: int, v: Any) -> int:
    """Tell all of an event, until one stops it: what the last one said."""
    result = NOTIFY_DONE
    for block in list(nh.blocks):
        assert block.module is not None
        result = int(call(block.module, block.notifier_call, block, val, v))
        if result & NOTIFY_STOP_MASK:
            break
    return result


def _leave(nh: notifier_head, nb: notifier_block) -> None:
    if nb in nh.blocks:
        nh.blocks.remove(nb)


atomic_notifier_chain_register = raw_notifier_chain_register = blocking_notifier_chain_register
atomic_notifier_chain_unregister = blocking_notifier_chain_unregister
atomic_notifier_call_chain = raw_notifier_call_chain = blocking_notifier_call_chain
