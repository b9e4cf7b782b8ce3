"""Messages about devices. See include/linux/dev_printk.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.module.format import c_format
from emu.linux.printk import printk

if TYPE_CHECKING:
    from emu.linux.device.core import device


def dev_driver_string(dev: device) -> str:
    """The name of its driver, its bus or its class, whichever it has first."""
    whose = dev.driver or dev.bus or dev.class_
    return whose.name if whose is not None else ""


def _message(level: str) -> Callable[..., int]:
    def message(dev: device, fmt: str, *args: Any) -> int:
        """Log a message about a device."""
        return printk(level + "%s %s: %s", dev_driver_string(dev), dev.name, c_format(fmt, args))

    return message


dev_emerg, dev_alert, dev_crit, dev_err = map(_message, ("\x010", "\x011", "\x012", "\x013"))
dev_warn, dev_notice, dev_info, dev_dbg = map(_message, ("\x014", "\x015", "\x016", "\x017"))
