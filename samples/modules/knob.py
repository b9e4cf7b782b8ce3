"""/dev/knob: an ioctl interface in all four directions, with a struct and a pointer in a struct."""

from emu.linux.errno import EFAULT, EINVAL, ENOTTY
from emu.linux.fs import file_operations, noop_llseek
from emu.linux.ioctl import _IO, _IOR, _IOW, _IOWR
from emu.linux.kernel import sizeof, struct
from emu.linux.miscdevice import MISC_DYNAMIC_MINOR, misc_deregister, misc_register, miscdevice
from emu.linux.module import MODULE_LICENSE, module_exit, module_init
from emu.linux.string import strlen
from emu.linux.types import c_int, c_long, char, u8, u64, user_pointer
from emu.linux.uaccess import copy_from_user, copy_to_user, get_user, put_user

MODULE_LICENSE("GPL")


class knob_range(struct):
    low: c_int
    high: c_long
    steps: u64
    unit: char * 5


class knob_label(struct):
    size: u8
    text: user_pointer


KNOB_RESET = _IO("k", 0)
KNOB_SET = _IOW("k", 1, c_long)
KNOB_GET = _IOR("k", 2, c_long)
KNOB_RANGE = _IOWR("k", 3, knob_range)
KNOB_LABEL = _IOWR("k", 4, knob_label)

level = c_long(0)
limits = knob_range(low=0, high=100, steps=10, unit=b"dB")
label = "volume"


def knob_set_range(arg):
    wanted = knob_range()
    if copy_from_user(wanted, arg, sizeof(wanted)):
        return -EFAULT
    if wanted.low > wanted.high:
        return -EINVAL
    if copy_to_user(arg, limits, sizeof(limits)):
        return -EFAULT
    limits.low, limits.high, limits.steps = wanted.low, wanted.high, wanted.steps
    return 0


def knob_get_label(arg):
    request = knob_label()
    if copy_from_user(request, arg, sizeof(request)):
        return -EFAULT
    if request.size <= strlen(label):
        return -EINVAL
    if copy_to_user(request.text, label, strlen(label) + 1):
        return -EFAULT
    request.size = strlen(label)
    return -EFAULT if copy_to_user(arg, request, sizeof(request)) else 0


def knob_ioctl(file, cmd, arg):
    value = c_long()
    match cmd:
        case _ if cmd == KNOB_RESET:
            level.value = 0
            return 0
        case _ if cmd == KNOB_SET:
            if get_user(value, arg):
                return -EFAULT
            if not limits.low <= value.value <= limits.high:
                return -EINVAL
            level.value = value.value
            return 0
        case _ if cmd == KNOB_GET:
            return put_user(level, arg)
        case _ if cmd == KNOB_RANGE:
            return knob_set_range(arg)
        case _ if cmd == KNOB_LABEL:
            return knob_get_label(arg)
    return -ENOTTY


knob_fops = file_operations(unlocked_ioctl=knob_ioctl, llseek=noop_llseek)
knob = miscdevice(minor=MISC_DYNAMIC_MINOR, name="knob", fops=knob_fops, mode=0o666)


@module_init
def knob_init():
    return misc_register(knob)


@module_exit
def knob_exit():
    misc_deregister(knob)
