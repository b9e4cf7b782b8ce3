"""Every sample module, driven by Debian's busybox of every architecture as a student would."""

import pytest

from tests.support.running import emu
from tests.support.userland import ARCHITECTURES, Unavailable, root

SAMPLES = "samples/modules"
BETWEEN = "=== next"

SCRIPTS = {
    "a proc file over a flag": (
        """
        insmod $M/state_proc.ko
        stat -c '%A %s %n' /proc/system_state
        cat /proc/system_state; dd if=/proc/system_state bs=4 count=2 skip=1 2>/dev/null; echo
        echo x 2>&1 > /proc/system_state; echo $?
        rmmod state_proc; cat /proc/system_state 2>&1
        """,
        """
        -r--r--r-- 0 /proc/system_state
        The system is enabled
        system i
        sh: write error: Invalid argument
        1
        cat: can't open '/proc/system_state': No such file or directory
        """,
    ),
    "a seq_file over more than a page": (
        """
        insmod $M/sequence.ko limit=3000
        wc -lc < /proc/sequence; seq 0 2999 > /tmp/s; cmp /tmp/s /proc/sequence; echo $?
        dd if=/proc/sequence bs=7 2>/dev/null | cmp - /tmp/s; echo $?
        dd if=/proc/sequence bs=10 skip=1388 count=1 2>/dev/null
        (read a; read b; cat /proc/sequence | head -1; read c; echo $a $b $c) < /proc/sequence
        """,
        """
             3000     13890
        0
        0
        2998
        2999
        0
        0 1 2
        """,
    ),
    "a kernel object with a group of attributes": (
        """
        insmod $M/my_state.ko start=5; cd /sys/kernel/my_state
        stat -c '%A %s %n' . *
        cat system_enabled clock clock
        echo 40 > clock; cat clock; echo abc 2>&1 > clock; echo $?; cat clock
        echo 1 2>&1 > system_enabled
        cd /; rmmod my_state; ls /sys/kernel/my_state 2>&1
        """,
        """
        drwxr-xr-x 0 .
        -rw------- 4096 clock
        -r-------- 4096 system_enabled
        1
        5
        6
        40
        sh: write error: Invalid argument
        1
        41
        sh: can't create system_enabled: Permission denied
        ls: /sys/kernel/my_state: No such file or directory
        """,
    ),
    "an init that fails unwinds": (
        """
        insmod $M/my_state.ko fail=1 2>&1; lsmod | grep -c my_state; ls -d /sys/kernel/my_state 2>&1
        """,
        """
        insmod: can't insert '/lib/modules/6.12.0/extra/my_state.ko': Invalid argument
        0
        ls: /sys/kernel/my_state: No such file or directory
        """,
    ),
    "debugfs when it is mounted": (
        """
        insmod $M/state_debugfs.ko; ls /sys/kernel/debug | wc -l
        mount -t debugfs none /sys/kernel/debug
        stat -c '%A' /sys/kernel/debug; cd /sys/kernel/debug/my_state
        grep . *; echo 3 2>&1 > system_state; echo 0x10 > mask; cat mask
        echo me > owner; cat owner; stat -c '%A %s %n' *
        cd /; rmmod state_debugfs; ls /sys/kernel/debug; umount /sys/kernel/debug
        """,
        """
        0
        drwx------
        mask:0x000000ff
        owner:nobody
        system_state:1
        sh: write error: Invalid argument
        0x00000010
        me
        -rw-r--r-- 0 mask
        -rw------- 0 owner
        -r--r--r-- 0 system_state
        """,
    ),
    "configfs, where mkdir makes a device": (
        """
        insmod $M/vnet.ko; mount -t configfs none /sys/kernel/config; cd /sys/kernel/config/vnet
        mkdir v0; ls -A v0; ls /sys/class/vnet; readlink /sys/class/vnet/v0; cat v0/mtu
        echo 9 2>&1 > v0/mtu; echo 9000 > v0/mtu; cat v0/mtu
        mkdir x 2>&1; mkdir v0 2>&1; mkdir ../y 2>&1; rmmod vnet 2>&1
        rmdir v0; ls /sys/class/vnet; rmdir ../vnet 2>&1; touch f 2>&1
        cd /; umount /sys/kernel/config; rmmod vnet; dmesg | grep -o 'vnet: .*'
        """,
        """
        mtu
        v0
        ../../devices/virtual/vnet/v0
        1500
        sh: write error: Invalid argument
        9000
        mkdir: can't create directory 'x': Invalid argument
        mkdir: can't create directory 'v0': File exists
        mkdir: can't create directory '../y': Operation not permitted
        rmmod: can't unload module 'vnet': Resource temporarily unavailable
        rmdir: '../vnet': Operation not permitted
        touch: f: Permission denied
        vnet: v0 is gone
        """,
    ),
    "parameters of modules": (
        """
        insmod $M/hello.ko times=2 whom=you numbers=4,5 loud; cd /sys/module/hello
        grep . parameters/* | cut -d/ -f2-; stat -c '%A %n' parameters/* | cut -d/ -f1,2
        cat initstate refcnt; echo all > parameters/whom; echo 0 > parameters/loud
        cat parameters/loud; echo maybe 2>&1 > parameters/loud; cat parameters/loud
        cd /; modinfo hello | grep -v filename
        insmod $M/hello.ko 2>&1; rmmod hello; rmmod hello 2>&1
        for bad in times=-1 times=x tag=256 loud=2 numbers=1,2,3,4 offset=40000 quiet=; do
            insmod $M/hello.ko $bad 2>/dev/null || dmesg | tail -1 | cut -c16-
        done
        insmod $M/hello.ko nothing=1; dmesg | grep -o 'hello: unknown.*'; dmesg | grep -o Hello.*
        """,
        """
        loud:Y
        numbers:4,5
        offset:-1
        tag:42
        times:2
        whom:you
        -rw------- parameters/loud
        -r--r--r-- parameters/numbers
        -r--r--r-- parameters/offset
        -r--r--r-- parameters/tag
        -r--r--r-- parameters/times
        -rw-r--r-- parameters/whom
        live
        0
        N
        sh: write error: Invalid argument
        N
        author:         a student
        description:    greets, as often as it is told
        license:        GPL
        parm:           whom:who is greeted
        parm:           times:how often
        depends:        
        vermagic:       6.12.0 SMP preempt mod_unload 
        insmod: can't insert '/lib/modules/6.12.0/extra/hello.ko': File exists
        rmmod: can't unload module 'hello': No such file or directory
        hello: `-1' invalid for parameter `times'
        hello: `x' invalid for parameter `times'
        hello: `256' invalid for parameter `tag'
        hello: `2' invalid for parameter `loud'
        hello: `1,2,3,4' invalid for parameter `numbers'
        hello: `40000' invalid for parameter `offset'
        hello: `' invalid for parameter `quiet'
        hello: unknown parameter 'nothing' ignored
        Hello, you!
        Hello, you!
        Hello, world.
        """,
    ),
    "a device that wakes its reader": (
        """
        insmod $M/mailbox.ko; stat -c '%A %F %t:%T' /dev/mailbox
        dd if=/dev/mailbox bs=64 count=1 2>/dev/null & echo a letter > /dev/mailbox; wait
        cat /sys/kernel/mailbox/value; echo 4 > /sys/kernel/mailbox/value
        cat /sys/kernel/mailbox/value /sys/class/misc/mailbox/dev
        exec 3< /dev/mailbox; rmmod mailbox 2>&1; exec 3<&-; rmmod mailbox; ls /dev/mailbox 2>&1
        """,
        """
        crw-rw-rw- character special file a:7f
        a letter
        0
        4
        10:127
        rmmod: can't unload module 'mailbox': Resource temporarily unavailable
        ls: /dev/mailbox: No such file or directory
        """,
    ),
    "a module that another one needs": (
        """
        modprobe clockface; lsmod | grep clock | tr -s ' ' | sed 's/ $//'; cat /sys/module/clockwork/refcnt
        ls /sys/module/clockwork/holders; sleep 0.15; cat /proc/clockface
        rmmod clockwork 2>&1; modprobe -r clockface; lsmod | grep -c clock; dmesg | grep -o clockw.*
        insmod $M/clockface.ko 2>&1; dmesg | tail -1 | cut -c16-
        """,
        """
        clockface 16384 0
        clockwork 16384 1 clockface
        1
        clockface
        ticking
        rmmod: can't unload module 'clockwork': Resource temporarily unavailable
        0
        clockwork: 5 ticks
        insmod: can't insert '/lib/modules/6.12.0/extra/clockface.ko': unknown symbol in module, or unknown parameter
        clockface: Unknown symbol clockwork_ticks (err -2)
        """,
    ),
    "what is no module": (
        """
        echo 'print("never")' > /tmp/x.ko; insmod /tmp/x.ko 2>&1; insmod /bin/busybox 2>&1
        sed s/name=hello/name=zello/ $M/hello.ko > /tmp/y.ko; insmod /tmp/y.ko 2>&1
        dmesg | tail -1 | cut -c16-
        """,
        """
        insmod: can't insert '/tmp/x.ko': invalid module format
        insmod: can't insert '/bin/busybox': invalid module format
        insmod: can't insert '/tmp/y.ko': invalid module format
        zello: only modules that the host offers can be loaded
        """,
    ),
    "a system call that comes too late": (
        """
        insmod $M/square.ko 2>&1; dmesg | tail -1 | cut -c16-
        """,
        """
        insmod: can't insert '/lib/modules/6.12.0/extra/square.ko': Operation not permitted
        module square: no new system call square_sum: the system call table is read-only once programs run: load it at boot
        """,
    ),
    "modules with mistakes": (
        """
        insmod $M/buggy.ko; cd /proc/buggy; dmesg -c > /dev/null
        for i in raises sleeps keeps twice unlocks deadlocks; do cat $i 2>&1; done; cd /
        dmesg -c | cut -c16- | sed 's/^ *//; s/pid [0-9]*/pid N/; s/, .* call/, call/'
        rmmod buggy; dmesg | cut -c16- | head -2; ls /proc/buggy 2>&1
        """,
        """
        cat: read error: Input/output error
        cat: read error: Input/output error
        cat: read error: Input/output error
        cat: read error: Input/output error
        cat: read error: Input/output error
        cat: read error: Input/output error
        BUG: module buggy: KeyError: 'seven'
        in raises, call read of pid N, comm cat
        raises at buggy.py:19: seq_puts(m, numbers["seven"])
        BUG: module buggy: sleeping function called from invalid context at buggy.py:24
        in sleeps, call read of pid N, comm cat
        sleeps at buggy.py:24: await msleep(10)
        BUG: module buggy: a callback returned with a lock held, a spinlock taken at buggy.py:29
        in seq_read, call read of pid N, comm cat
        BUG: module buggy: spinlock recursion: it is held since buggy.py:33
        in twice, call read of pid N, comm cat
        twice at buggy.py:34: spin_lock(lock)
        BUG: module buggy: a mutex is unlocked by who does not hold it
        in unlocks, call read of pid N, comm cat
        unlocks at buggy.py:38: mutex_unlock(mutex)
        BUG: module buggy: deadlock: a mutex is locked again by who holds it since buggy.py:42
        in deadlocks, call read of pid N, comm cat
        deadlocks at buggy.py:43: mutex_lock(mutex)
        remove_proc_entry: removing non-empty directory 'buggy', leaking 'raises'
        module buggy left 100 bytes from kmalloc behind, made at buggy.py:59
        ls: /proc/buggy: No such file or directory
        """,
    ),
}


def driver():
    """One script that runs all of them, each in a shell of its own, with a line between them."""
    lines = ["M=/lib/modules/6.12.0/extra", "dmesg -n 1"]
    for script, _ in SCRIPTS.values():
        lines += [f"({script})", "for m in $(lsmod | sed '1d; s/ .*//'); do rmmod $m; done"]
        lines += ["dmesg -c > /dev/null", f"echo {BETWEEN}"]
    return "\n".join(lines)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def outputs(request):
    try:
        layer = root(request.param, ["busybox-static", "base-files"])
    except Unavailable as why:
        pytest.skip(f"no {request.param} root: {why}")
    options = ("-L", str(layer), "--offer", SAMPLES)
    end = emu("/bin/busybox", "sh", "-c", driver(), options=options)
    found = end.output.decode().split(f"{BETWEEN}\n")
    assert len(found) == len(SCRIPTS) + 1, end
    return dict(zip(SCRIPTS, found, strict=False))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_sample_does_what_its_readme_says(outputs, name):
    assert outputs[name].splitlines() == expected(name)


def expected(name):
    lines = SCRIPTS[name][1].splitlines()[1:-1]
    return [line.removeprefix(" " * 8) for line in lines]
