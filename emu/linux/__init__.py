"""What a kernel module imports: one module for each header of include/linux.

``#include <linux/proc_fs.h>`` is ``from emu.linux.proc_fs import proc_create``: the same names, the
same arguments in the same order, the same results. Nothing here is imported by a machine that has
no modules.
"""
