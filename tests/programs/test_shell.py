"""Shell scripts end as they do natively, with Debian's busybox of every architecture."""

import shlex

import pytest

from tests.support.running import emu, natively
from tests.support.toolchain import build_with_libc, or_skip
from tests.support.userland import ARCHITECTURES, Unavailable, root

from .test_machine import SOURCES

SCRIPTS = {
    "a pipeline": "seq 40 | grep 3 | sed s/3/x/ | sort -r | head -5 | tr x y",
    "its status": "true | false | true; echo $?; ! true; echo $?; exit 5 | exit 6; echo $?",
    "a here-document": "x=World; cat <<END\nHello $x $(echo $((6 * 7)))\nEND",
    "a loop of commands": 'n=0; for i in $(seq 12); do n=$(expr $n + $i); done; echo "$n"',
    "subshells": "a=1; (a=2; cd /; echo $a; exit 3); echo $? $a; { echo b; } | cat",
    "jobs and wait": "(exit 4) & p=$!; (exit 5) & wait $p; echo $?; wait $!; echo $?; wait",
    "jobs that write": "for i in 1 2 3; do (echo job $i) & done | sort; wait",
    "a trap": "trap 'echo got it' TERM; kill -TERM $$; trap - TERM; kill -TERM $$; echo no",
    "a trap at the end": "trap 'echo end $?' EXIT; exit 3",
    "kill": "sleep 100 & kill $!; wait $!; echo $?; sleep 100 & kill -9 $!; wait $!; echo $?",
    "kill of nobody": "kill -0 4194000 2>/dev/null; echo $?",
    "timeout": "timeout 1 sleep 100; echo $?; timeout -s KILL 1 sleep 100; echo $?; timeout 9 true",
    "xargs": "seq 9 | xargs -n 4 echo; seq 3 | xargs -I{} sh -c 'echo [{}]'; echo x | xargs false",
    "time": "{ time -f '' true; } 2>&1; echo $?",
    "exec": "exec echo replaced",
    "a missing program": "nonexistent; echo $?; /dev/null; echo $?; /; echo $?",
    "signals as statuses": 'for s in 1 2 6 9 11 15; do sh -c "kill -$s \\$\\$"; echo $?; done',
    "a broken pipe": "yes | head -2; yes 2>/dev/null | (exit 3); echo $?",
    "fifos": "mkfifo $T/f; (echo through) > $T/f & cat < $T/f; wait; rm $T/f",
    "redirections": "echo out 3>&1 >/dev/null 2>&3 >&3; (echo a; echo b >&2) 2>&1 | sort",
    "a read loop": "printf 'a b\\nc d\\n' | while read x y; do echo $y $x; done",
    "command substitution": 'x=$(printf "a\\n\\n"; exit 7); echo "$? [$x]"; echo `echo old`',
    "background reads nothing": "cat & wait; echo $?",
    "a value that children inherit": (
        "echo 1000 > /proc/self/oom_score_adj; cat /proc/self/oom_score_adj /proc/self/oom_adj"
    ),
    "a limit of CPU time": 'sh -c "ulimit -t 1; while :; do :; done" 2>/dev/null; echo $?',
    "a process's own view": "cut -d' ' -f2 /proc/self/stat; ls /proc/$$/fd | head -3 | wc -l",
}

# Stages of other instruction sets than the shell's, which is an arm64 one.
STAGES = ("riscv64", "mips-o32", "arm-eabi", "x86-64")


def busybox_root(architecture):
    try:
        return root(architecture, ["busybox-static", "base-files"])
    except Unavailable as why:
        pytest.skip(f"no {architecture} root: {why}")


def driver(shell, folder):
    """One script that runs all of them, each in a shell of its own, with a line between them."""
    lines = [f"export T={folder}"]
    for script in SCRIPTS.values():
        lines += [f"{shell} -c {shlex.quote(script)}", 'echo "status $? $BETWEEN"']
    return "BETWEEN='-----'\n" + "\n".join(lines)


def by_name(end):
    """What each script wrote, and its status."""
    return dict(zip(SCRIPTS, end.output.decode().split(" -----\n"), strict=False))


@pytest.fixture(scope="module", params=ARCHITECTURES)
def ends(request):
    options = ("-L", str(busybox_root(request.param)))
    return by_name(
        emu("/bin/busybox", "sh", "-c", driver("/bin/busybox sh", "/tmp"), options=options)
    )


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    shell = str(busybox_root("amd64") / "bin" / "busybox")
    script = driver(f"{shell} sh", tmp_path_factory.mktemp("native"))
    return by_name(natively(shell, "sh", "-c", script))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_gives_the_native_output_and_status(ends, native, name):
    assert ends[name] == native[name]


def test_one_pipeline_across_five_instruction_sets():
    """Each stage copies to upper case; the last of them counts, too."""
    options = ["-L", str(busybox_root("arm64"))]
    for abi in STAGES:
        program = or_skip(build_with_libc, SOURCES / "upper.c", abi)
        options += ["--bind", f"{program}:/stages/{abi}"]
    stages = ["seq 1000", "sed 's/^/line /'", *(f"/stages/{abi}" for abi in STAGES), "tail -2"]
    pipeline = " | ".join(stages)
    end = emu("/bin/busybox", "sh", "-c", pipeline, options=tuple(options))
    assert (end.status, end.output) == (0, b"LINE 999\nLINE 1000\n"), end.errors
