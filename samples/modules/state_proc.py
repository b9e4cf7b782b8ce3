"""/proc/system_state: a file over a flag, which can only be read."""

from emu.linux.errno import ENOMEM
from emu.linux.fs import simple_open, simple_read_from_buffer
from emu.linux.module import MODULE_DESCRIPTION, MODULE_LICENSE, module_exit, module_init
from emu.linux.proc_fs import proc_create, proc_ops, remove_proc_entry

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("a proc file over a flag")

system_enabled = True


def system_state_read(file, buf, count, ppos):
    tmp = "The system is enabled\n" if system_enabled else "The system is disabled\n"
    return simple_read_from_buffer(buf, count, ppos, tmp, len(tmp))


system_state_ops = proc_ops(proc_open=simple_open, proc_read=system_state_read)


@module_init
def state_proc_init():
    if not proc_create("system_state", 0o444, None, system_state_ops):
        return -ENOMEM
    return 0


@module_exit
def state_proc_exit():
    remove_proc_entry("system_state", None)
