"""Modules look at tasks and send them signals."""

PROC = "from emu.linux.proc_fs import *\n"


def test_a_module_walks_over_all_processes(load):
    guest = load(
        PROC,
        """
        from emu.linux.sched import *

        def show(m, v):
            for task in for_each_process():
                seq_printf(m, "%s %d %d %d\\n", task.comm, task.pid, task.tgid, task.real_parent.pid)
            seq_printf(m, "current %d %d\\n", current.pid, current.state)
            return 0

        from emu.linux.seq_file import *

        @module_init
        def init():
            proc_create_single("mine", 0, None, show)
        """,
    )
    child = guest.task.kernel.tasks[guest.task.pid]
    lines = guest.cat("/proc/mine").splitlines()
    assert (
        f"{child.comm.decode()} {child.pid} {child.tgid} {child.pid}" in lines
    )  # it has no parent
    assert lines[-1] == f"current {child.pid} 0"


def test_what_is_told_of_a_task_is_what_proc_tells(load):
    guest = load(
        PROC,
        """
        from emu.linux.pid import *
        from emu.linux.sched import *

        def show():
            task = pid_task(find_vpid(current.pid), PIDTYPE_PID)
            assert task == current.group_leader and thread_group_leader(task)
            assert pid_task(find_vpid(99999), PIDTYPE_PID) is None
            assert [t.pid for t in for_each_thread(task)] == [task.pid]
            return f"{task.prio} {task_nice(task)} {task.cred.uid} {get_task_comm(None, task)}"

        @module_init
        def init():
            proc_file("mine", show)
        """,
    )
    comm = guest.cat("/proc/self/comm").strip()
    assert guest.cat("/proc/mine") == f"120 0 0 {comm}\n"
    assert guest.call("sys_setpriority", 0, 0, 5) == 0
    assert guest.cat("/proc/mine") == f"125 5 0 {comm}\n"


def test_a_module_sends_signals(load):
    guest = load(
        PROC,
        """
        from emu.linux.pid import *
        from emu.linux.sched import *
        from emu.linux.signal import *

        def send(number: int):
            return kill_pid(find_vpid(current.pid), number)

        def thread(number: int):
            return send_sig(number, current)

        @module_init
        def init():
            proc_file("mine", None, send)
            proc_file("thread", None, thread)
        """,
    )
    blocked = (1 << 9 | 1 << 11).to_bytes(8, "little")  # SIGUSR1, SIGUSR2
    guest.task.mm.write(guest.buffer, blocked)
    assert guest.call("sys_rt_sigprocmask", 0, guest.buffer, 0, 8) == 0
    assert guest.echo("0", "/proc/mine") == 2
    assert guest.echo("10", "/proc/mine") == 3
    assert guest.echo("12", "/proc/thread") == 3
    assert guest.echo("99", "/proc/mine") == "EINVAL"
    status = dict(
        line.split(":\t") for line in guest.cat("/proc/self/status").splitlines() if ":\t" in line
    )
    assert status["ShdPnd"] == f"{1 << 9:016x}"
    assert status["SigPnd"] == f"{1 << 11:016x}"


def test_the_machines_names_and_version(load):
    guest = load(
        PROC,
        """
        from emu.linux.utsname import *
        from emu.linux.version import *

        def show():
            assert LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) and KERNEL_VERSION(1, 2, 300) == 0x102FF
            return f"{utsname().sysname} {utsname().release} {utsname().machine}"

        @module_init
        def init():
            proc_file("mine", show)
        """,
    )
    release = guest.cat("/proc/sys/kernel/osrelease").strip()
    assert guest.cat("/proc/mine") == f"Linux {release} x86_64\n"
