"""/proc/sequence: numbers up to a limit, more than a page of them, by seq_file."""

from emu.linux.errno import ENOMEM
from emu.linux.module import MODULE_LICENSE, module_exit, module_init, module_param
from emu.linux.proc_fs import proc_create_seq, remove_proc_entry
from emu.linux.seq_file import seq_operations, seq_printf

MODULE_LICENSE("GPL")

limit = module_param("limit", "uint", 2000, 0o444)


def sequence_start(m, pos):
    return pos.value if pos.value < limit.value else None


def sequence_next(m, v, pos):
    pos.value += 1
    return pos.value if pos.value < limit.value else None


def sequence_stop(m, v):
    pass


def sequence_show(m, v):
    seq_printf(m, "%u\n", v)
    return 0


sequence_ops = seq_operations(
    start=sequence_start, next=sequence_next, stop=sequence_stop, show=sequence_show
)


@module_init
def sequence_init():
    return 0 if proc_create_seq("sequence", 0, None, sequence_ops) else -ENOMEM


@module_exit
def sequence_exit():
    remove_proc_entry("sequence", None)
