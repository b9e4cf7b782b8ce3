"""What is built into the kernel, as programs find out, and what happens to what is left out."""

import pytest

from tests.support.running import emu
from tests.support.userland import Unavailable, root

MOUNT = "mount -t debugfs none /sys/kernel/debug"
KNOB = "/sys/kernel/debug/sched/wakeup_granularity_ns"
TELL = "zcat /proc/config.gz | grep CONFIG_DEBUG_FS"


@pytest.fixture(scope="module", params=["amd64", "mipsel"])
def shell(request):
    try:
        folder = root(request.param, ["busybox-static", "base-files"])
    except Unavailable as why:
        pytest.skip(f"no {request.param} root: {why}")

    def run(script, *options):
        end = emu("/bin/busybox", "sh", "-c", script, options=("-L", str(folder), *options))
        return end.output.decode(), end.errors

    return run


def test_the_schedulers_knobs_are_there_once_debugfs_is_mounted(shell):
    output, errors = shell(
        f"cat {KNOB}; {MOUNT}; cat {KNOB}; echo 3000000 > {KNOB}; cat {KNOB}; {TELL}"
    )
    assert output == "4000000\n3000000\nCONFIG_DEBUG_FS=y\n"
    assert errors == f"cat: can't open '{KNOB}': No such file or directory\n"


def test_what_is_left_out_cannot_be_mounted_and_config_gz_says_so(shell):
    output, errors = shell(f"{MOUNT}; {TELL}", "--config", "CONFIG_DEBUG_FS=n")
    assert output == "# CONFIG_DEBUG_FS is not set\n"
    assert errors == "mount: mounting none on /sys/kernel/debug failed: No such device\n"


def test_what_goes_with_a_part_goes_with_it(shell):
    output, errors = shell("ls /proc/sysvipc; ls /sys", "--config", "CONFIG_SYSVIPC=n")
    assert output.split()[0] == "block"
    assert errors == "ls: /proc/sysvipc: No such file or directory\n"
    output, errors = shell("ls /sys", "--config", "CONFIG_SYSFS=n")
    assert (output, errors) == ("", "")


def test_an_unknown_option_is_refused(shell):
    output, errors = shell("true", "--config", "CONFIG_FROBNICATE=n")
    assert output == ""
    assert "CONFIG_FROBNICATE is no option of this kernel" in errors
