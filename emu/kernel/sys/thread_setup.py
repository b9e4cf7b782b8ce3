"""What a C library says of a new thread: set_tid_address(2), set_robust_list(2)."""

from __future__ import annotations

from emu.kernel.args import Pid, Pointer, Size
from emu.kernel.errno import EINVAL
from emu.kernel.ptrace_access import PTRACE_MODE_READ, check_ptrace_access
from emu.kernel.sys.ids import find_task
from emu.kernel.sys.kinds import OutWord
from emu.kernel.sys.misc import write_word
from emu.kernel.syscall import syscall
from emu.kernel.task import Task


@syscall("sys_set_tid_address")
def set_tid_address(task: Task, tidptr: Pointer) -> int:
    """Note where to clear the thread id when the thread ends. See set_tid_address(2)."""
    task.attributes.clear_child_tid = tidptr
    return task.pid


@syscall("sys_set_robust_list")
def set_robust_list(task: Task, head: Pointer, len: Size) -> int:
    """Note the list of robust futexes. See set_robust_list(2)."""
    if len != robust_list_size(task):
        raise EINVAL("not the size of a robust_list_head")
    if task.abi.word_bits == 64:
        task.attributes.robust_list = head
    else:
        task.attributes.compat_robust_list = head
    return 0


@syscall("sys_get_robust_list")
def get_robust_list(task: Task, pid: Pid, head_ptr: OutWord, len_ptr: OutWord) -> int:
    """Tell a thread's list of robust futexes. See get_robust_list(2)."""
    owner = find_task(task, pid)
    check_ptrace_access(task, owner, PTRACE_MODE_READ)
    own = owner.attributes
    head = own.robust_list if task.abi.word_bits == 64 else own.compat_robust_list
    write_word(task, len_ptr, robust_list_size(task))
    write_word(task, head_ptr, head)
    return 0


def robust_list_size(task: Task) -> int:
    """sizeof(struct robust_list_head) for the caller."""
    return task.abi.layout("robust_list_head").size
