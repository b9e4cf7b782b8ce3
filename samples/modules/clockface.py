"""/proc/clockface: shows what another module counts, and so keeps that one loaded."""

from emu.linux.module import MODULE_LICENSE, extern, module_exit, module_init
from emu.linux.proc_fs import proc_create_single, remove_proc_entry
from emu.linux.seq_file import seq_printf

MODULE_LICENSE("GPL")

clockwork_ticks = extern("clockwork_ticks")


def clockface_show(m, v):
    seq_printf(m, "%s\n", "ticking" if clockwork_ticks() else "still")
    return 0


@module_init
def clockface_init():
    proc_create_single("clockface", 0, None, clockface_show)
    return 0


@module_exit
def clockface_exit():
    remove_proc_entry("clockface", None)
