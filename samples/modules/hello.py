"""Module parameters of every type, and messages of every level."""

from emu.linux.module import (
    MODULE_AUTHOR,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_PARM_DESC,
    module_exit,
    module_init,
    module_param,
    module_param_array,
)
from emu.linux.printk import KERN_DEBUG, pr_info, pr_warn, printk

MODULE_LICENSE("GPL")
MODULE_AUTHOR("a student")
MODULE_DESCRIPTION("greets, as often as it is told")

whom = module_param("whom", "charp", "world", 0o644)
MODULE_PARM_DESC("whom", "who is greeted")
times = module_param("times", "uint", 1, 0o444)
MODULE_PARM_DESC("times", "how often")
loud = module_param("loud", "bool", False, 0o600)
quiet = module_param("quiet", "invbool", True, 0)
offset = module_param("offset", "short", -1, 0o444)
tag = module_param("tag", "byte", 0x2A, 0o444)
numbers = module_param_array("numbers", "int", [1, 2, 3], 0o444)


@module_init
def hello_init():
    for _ in range(times.value):
        pr_info("Hello, %s%s\n", whom.value, "!" if loud.value else ".")
    printk(KERN_DEBUG + "hello: %d numbers, the last is %d\n", numbers.count, numbers.value[-1])
    return 0


@module_exit
def hello_exit():
    pr_warn("Goodbye, %s\n", whom.value)
