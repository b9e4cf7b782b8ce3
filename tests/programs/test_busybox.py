"""Debian's busybox of every architecture does what the native one does."""

import random

import pytest

from tests.support.running import End, emu, natively
from tests.support.userland import ARCHITECTURES, Unavailable, root

APPLETS = {
    "echo": ["echo", "-e", r"hello\tworld"],
    "ls": ["ls", "-l", "{data}"],
    "cat": ["cat", "{data}/lines", "-"],
    "sha256sum": ["sha256sum", "{data}/random"],
    "sort": ["sort", "{data}/shuffled"],
    "awk": ["awk", "BEGIN { for (i = 0; i < 5000; i++) s += i * i % 7; print s, s / 3 }"],
    "expr": ["expr", "6", "*", "7"],
    "date": ["date", "-u", "-d", "@0"],
    "find": ["find", "{data}", "-type", "f", "-size", "+1000"],
    "tr": ["tr", "a-z", "A-Z"],
    "sed": ["sed", "-n", "s/line \\(.*\\)5/<\\1>/p", "{data}/lines"],
    "od": ["od", "-c", "{data}/binary"],
    "cksum": ["cksum", "{data}/random"],
    "dd": ["dd", "if={data}/random", "bs=1000", "skip=3", "count=7"],
    "stat": ["stat", "-c", "%n %s %F %a %h %u %g %Y", "{data}/lines", "{data}"],
    "wc": ["wc", "{data}/lines", "{data}/shuffled"],
    "missing": ["cat", "{data}/missing"],
    "false": ["false"],
}
STDIN = b"some words on stdin\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    source = random.Random(1)
    lines = [f"line {n}" for n in range(20_000)]
    (folder / "lines").write_text("\n".join(lines[:300]) + "\n")
    source.shuffle(lines)
    (folder / "shuffled").write_text("\n".join(lines) + "\n")
    (folder / "random").write_bytes(source.randbytes(5_000_000))
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "sub").mkdir()
    (folder / "sub" / "link").symlink_to("../lines")
    return folder


def busybox_root(architecture):
    try:
        return root(architecture, ["busybox-static", "base-files"])
    except Unavailable as why:
        pytest.skip(f"no {architecture} root: {why}")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def guest(request):
    return busybox_root(request.param)


@pytest.fixture(scope="module")
def native(data):
    """What the amd64 busybox does on this host's kernel."""
    busybox = str(busybox_root("amd64") / "usr" / "bin" / "busybox")
    return {
        name: natively(busybox, *words(argv, data), stdin=STDIN) for name, argv in APPLETS.items()
    }


def words(argv, data):
    return [word.replace("{data}", str(data)) for word in argv]


@pytest.mark.parametrize("applet", APPLETS)
def test_an_applet_gives_the_native_output_and_status(guest, native, data, applet):
    end = emu(
        "/bin/busybox", *words(APPLETS[applet], data), stdin=STDIN,
        options=("-L", str(guest), "--bind", f"{data}:{data}"),
    )  # fmt: skip
    assert in_order(applet, end) == in_order(applet, native[applet]), end.errors


def in_order(applet, end):
    """An end whose lines are sorted where their order is the file system's own."""
    if applet != "find":
        return end
    return End(end.status, b"\n".join(sorted(end.output.splitlines())))


def test_df_lists_the_mounted_file_systems(guest):
    end = emu("/bin/busybox", "df", options=("-L", str(guest)))
    assert end.status == 0, end.errors
    lines = end.output.decode().splitlines()
    assert lines[0].split()[0] == "Filesystem"
    assert any(line.endswith(" /") for line in lines[1:])
