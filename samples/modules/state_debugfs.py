"""/sys/kernel/debug/my_state: a byte, a word and a string, once debugfs is mounted."""

from emu.linux.debugfs import (
    debugfs_create_dir,
    debugfs_create_str,
    debugfs_create_u8,
    debugfs_create_x32,
    debugfs_remove_recursive,
)
from emu.linux.err import IS_ERR, PTR_ERR
from emu.linux.module import MODULE_LICENSE, module_exit, module_init
from emu.linux.types import charp, u8, u32

MODULE_LICENSE("GPL")

state = u8(1)
mask = u32(0xFF)
owner = charp("nobody")
my_state_dir = None


@module_init
def state_debugfs_init():
    global my_state_dir
    my_state_dir = debugfs_create_dir("my_state", None)
    if IS_ERR(my_state_dir):
        return PTR_ERR(my_state_dir)
    debugfs_create_u8("system_state", 0o444, my_state_dir, state)
    debugfs_create_x32("mask", 0o644, my_state_dir, mask)
    debugfs_create_str("owner", 0o600, my_state_dir, owner)
    return 0


@module_exit
def state_debugfs_exit():
    debugfs_remove_recursive(my_state_dir)
