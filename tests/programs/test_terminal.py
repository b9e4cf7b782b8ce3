"""``emu run -t`` and ``emu shell`` as a person uses them, at a pseudo-terminal of the host."""

import signal
import subprocess
import sys
import time

import pytest

from tests.support.typist import Typist
from tests.support.userland import Unavailable, root

EMU = (sys.executable, "-m", "emu")
BUSYBOX = "/bin/busybox"
PROMPT = r"# "


def root_of(architecture, *packages):
    try:
        return str(root(architecture, ["busybox-static", "base-files", *packages]))
    except Unavailable as why:
        pytest.skip(f"no {architecture} root: {why}")


def at_shell(architecture, **size):
    """At the prompt of a busybox shell."""
    command = (*EMU, "run", "-t", "-L", root_of(architecture), BUSYBOX, "sh")
    return Typist(*command, **size)


@pytest.fixture(scope="module", params=["arm64", "mipsel", "riscv64", "amd64", "armhf"])
def architecture(request):
    return request.param


def test_a_session_with_a_shell(architecture):
    with at_shell(architecture, rows=30, columns=100) as t:
        t.see(PROMPT)
        t.run("tty", "/dev/hvc0")
        t.run("stty size", "30 100")
        # Line editing is the shell's: it sees single keys.
        t.type("echo aXc\x1b[D\x7fb\r")
        t.see(r"\r\nabc\r\n")
        t.see(PROMPT)
        # A command that runs is ended by Ctrl-C, whether it sleeps or works.
        t.type("busybox sleep 1000\r")
        time.sleep(0.5)
        t.type("\x03")
        t.see(r"\^C")
        t.see(PROMPT)
        t.run("echo rc=$?", "rc=130")
        t.type("while :; do :; done\r")
        time.sleep(0.5)
        t.type("\x03")
        t.see(PROMPT)
        # The line discipline's own editing, and Ctrl-D.
        t.type("busybox cat\r")
        t.see(r"cat\r\n")
        time.sleep(0.5)
        t.type("abx\x7fc\r")
        t.see(r"\r\nabc\r\n")
        t.type("\x04")
        t.see(PROMPT)
        # Another session has no terminal.
        t.type("busybox setsid busybox cat /dev/tty\r")  # the prompt does not wait for it
        t.see("No such device or address")
        t.run("echo back", "back")
        # The window's size.
        t.resize(40, 132)
        t.run("sleep 0.2; stty size", "40 132")
        # Job control.
        t.type("busybox sleep 1000\r")
        time.sleep(0.5)
        t.type("\x1a")
        t.see(r"\^Z")
        t.see(PROMPT)
        t.run("jobs", r"Stopped +busybox sleep 1000")
        t.run("bg", r"\[1\] busybox sleep 1000")
        t.run("jobs", r"Running +busybox sleep 1000")
        t.type("fg\r")
        t.see(r"sleep 1000\r\n")
        time.sleep(0.3)
        t.type("\x1a")
        t.see(PROMPT)
        t.run("kill %1; bg >/dev/null; sleep 0.2; jobs", r"Terminated +busybox sleep 1000")
        # A background job that reads is stopped.
        t.run("busybox cat &")
        t.run("sleep 0.3; jobs", r"Stopped( \(tty input\))? +busybox cat")
        t.run("kill -9 %1; sleep 0.2")
        # A pipeline is one job.
        t.type("busybox sleep 1000 | busybox cat\r")
        time.sleep(0.5)
        t.type("\x03")
        t.see(PROMPT)
        t.type("exit 3\r")
        assert t.end() == 3
        assert t.is_restored()


def test_without_a_terminal_it_says_so():
    command = (*EMU, "run", "-t", "/bin/true")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "emu: -t: standard input is not a terminal\n"


def test_the_terminal_is_restored_however_it_ends():
    for number, status in ((signal.SIGTERM, -15), (signal.SIGKILL, -9), (signal.SIGSEGV, -11)):
        with at_shell("amd64") as t:
            t.see(PROMPT)
            assert not t.is_restored(0)
            t.signal(number)
            assert t.end() == status
            assert t.is_restored()


def test_a_raw_terminal_gets_every_byte():
    with at_shell("arm64", columns=150) as t:
        t.see(PROMPT)
        t.type("stty raw -echo; busybox dd bs=1 count=4 2>/dev/null | busybox od -c; stty sane\r")
        t.see("stty sane\r\n")
        time.sleep(0.5)
        t.type("\x03\x1a\r\x04")
        t.see(r"003 032  \\r 004")
        t.see(PROMPT)
        t.type("exit\r")
        assert t.end() == 0


def test_emu_shell_runs_bash_with_job_control():
    folder = root_of("arm64", "bash")
    with Typist(*EMU, "shell", "-L", folder, "--arch", "arm64") as t:
        t.see(PROMPT)
        t.run("echo $BASH_VERSION $((6*7))", r"5\.\d.* 42")
        t.type("echo hallo\x1b[D\x1b[D\x1b[DX\r")
        t.see("haXllo\r\n")
        t.see(PROMPT)
        t.type("busybox sleep 1000\r")
        time.sleep(0.7)
        t.type("\x1a")
        t.see(r"\[1\]\+ +Stopped +busybox sleep 1000")
        t.see(PROMPT)
        t.run("jobs", r"\[1\]\+ +Stopped +busybox sleep 1000")
        t.run("bg", r"\[1\]\+ busybox sleep 1000 &")
        t.run("jobs", r"\[1\]\+ +Running +busybox sleep 1000 &")
        t.type("fg\r")
        t.see(r"busybox sleep 1000\r\n")
        time.sleep(0.3)
        t.type("\x1a")
        t.see(r"Stopped")
        t.see(PROMPT)
        t.type("kill %1\r\r")  # told at the next prompt
        t.see(r"Terminated +busybox sleep 1000")
        t.type("busybox sleep 1000 | busybox cat\r")
        time.sleep(0.7)
        t.type("\x03")
        t.see(PROMPT)
        t.run("echo rc=$?", "rc=130")
        t.type("\x04")
        t.see("exit")
        assert t.end() == 0
        assert t.is_restored()


def test_emu_shell_says_how_to_give_a_root():
    done = subprocess.run([*EMU, "shell"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("emu: give a root with -L DIR")
    assert done.stderr.count("\n") == 1
    command = [*EMU, "shell", "--arch", "riscv32", "-L", root_of("arm64")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 127
    assert "no shell of riscv32" in done.stderr
