"""A Go HTTP server and its clients, static, on every instruction set that Go and the emulator have.

Go brings its own network poller, threads and timers, and asks for nothing but system calls. The
programs are built here, so that these tests run by ``make test-go``.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.running import emu, missing, natively
from tests.support.userland import cache_folder

pytestmark = pytest.mark.golang

SOURCE = Path(__file__).parents[1] / "workloads" / "programs" / "gohttp.go"
# GOARCH and the least processor it may count on.
TARGETS = {
    "amd64": {}, "386": {"GO386": "sse2"}, "arm64": {}, "arm": {"GOARM": "5"}, "riscv64": {},
    "mips": {"GOMIPS": "softfloat"}, "mipsle": {}, "mips64": {}, "mips64le": {},
}  # fmt: skip
ONE_NETWORK = """\
{network} 200 OK hello go by GET|
echo 250000 true
200 OK piece 0|piece 1|piece 2|
404 Not Found 404 page not found|
{crowd}timed out: true
shut down: <nil> true
refused: true
"""
EXPECTED = (
    ONE_NETWORK.format(network="tcp", crowd="crowd 80 of 80\n")
    + ONE_NETWORK.format(network="unix", crowd="")
    + "true <nil>\n"
)


def built(goarch):
    if why := missing("go"):
        pytest.skip(why)
    program = cache_folder() / "go" / f"{SOURCE.stem}-{goarch}"
    if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
        setting = {"CGO_ENABLED": "0", "GO111MODULE": "off", "GOOS": "linux", "GOARCH": goarch}
        subprocess.run(
            ["go", "build", "-ldflags=-s -w", "-o", program, SOURCE],
            env={**os.environ, **setting, **TARGETS[goarch]},
            check=True,
        )
    return str(program)


@pytest.mark.parametrize("goarch", TARGETS)
def test_a_go_server_answers_its_clients(goarch):
    ended = emu(built(goarch), timeout_s=300)
    assert ended.errors == ""
    assert (ended.status, ended.output.decode()) == (0, EXPECTED)


def test_what_is_expected_is_what_linux_says():
    ended = natively(built("amd64"))
    assert (ended.status, ended.output.decode()) == (0, EXPECTED)
