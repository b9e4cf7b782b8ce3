"""No packet reaches the host's network unless an option says so: a capture is the judge."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.running import ROOT, missing
from tests.support.toolchain import build_with_libc, or_skip

SOURCE = Path(__file__).parent / "leaks.c"
ABIS = ["x86-64", "i386", "arm64", "mips-o32", "riscv64"]
PROOF = "cable0 udp 10.99.0.2 9"
OUTSIDE = "10.99.0.2"


def captured(*command):
    """The end of a command in a network namespace, and the packets that were seen there."""
    for tool in ("unshare", "ip"):
        if why := missing(tool):
            pytest.skip(why)
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "tests.support.captured", *command],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if "Operation not permitted" in done.stderr:
        pytest.skip("no network namespaces here")
    assert not done.returncode, done.stderr
    told = json.loads(done.stdout)
    assert told["packets"][0] == PROOF, "the capture sees nothing"
    return told, told["packets"][1:]


def leaks(abi, *options):
    program = str(or_skip(build_with_libc, SOURCE, abi))
    command = [sys.executable, "-m", "emu", "run", *options, program, OUTSIDE]
    return captured(*command)


def test_the_program_itself_reaches_the_cable_when_linux_runs_it():
    _, packets = captured(str(or_skip(build_with_libc, SOURCE, "x86-64")), OUTSIDE)
    assert {
        f"cable0 tcp {OUTSIDE} 7777", f"cable0 udp {OUTSIDE} 7778", f"cable0 icmp {OUTSIDE} 0",
        "cable0 udp 255.255.255.255 7777", "cable0 no packet", "lo no packet",
    } <= set(packets)  # fmt: skip


@pytest.mark.parametrize("abi", ABIS)
@pytest.mark.parametrize("options", [(), ("--net", "none"), ("--net", "host")], ids=" ".join)
def test_no_packet_leaves_without_a_rule(abi, options):
    told, packets = leaks(abi, *options)
    assert told["status"] == 0
    assert len(told["output"].splitlines()) >= 11
    assert packets == []


@pytest.mark.parametrize("abi", ["x86-64", "mips-o32"])
def test_only_what_a_rule_allows_leaves(abi):
    _, packets = leaks(abi, "--net", "host", "--allow", f"{OUTSIDE}:7777")
    assert set(packets) == {f"cable0 tcp {OUTSIDE} 7777", f"cable0 udp {OUTSIDE} 7777"}
