"""The Internet protocols: one program of many cases, for every ABI, in a network of its own.

Each case is a function of `inet/*.c`. `inet/expected` holds what Linux answers. See
`test_processes.py`, which does the same about processes.
"""

from pathlib import Path

import pytest

from tests.support.cases import ABIS, CaseProgram, answers_in_advance, differences, report
from tests.support.running import End, emu, natively
from tests.support.toolchain import Unavailable, has_qemu, is_native, qemu

INET = CaseProgram(Path(__file__).parent / "inet", ["inet.c"])
QEMU_ABIS = [abi for abi in ABIS if has_qemu(abi) and not is_native(abi)]
OWN_NETWORK = ("unshare", "-Urn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def in_own_network(*words: str) -> End:
    """Run a command as root of a network that has only a loopback device, and that one up."""
    if natively(*OWN_NETWORK, "true").status:
        raise Unavailable("no user namespaces, or no ip command (Debian: iproute2)")
    return natively(*OWN_NETWORK, *words, timeout_s=120)


def linux(abi: str, *words: str) -> End:
    return in_own_network(INET.path(abi), *words)


def user_mode_qemu(abi: str, *words: str) -> End:
    hanging = (f"-{case}" for case in INET.cases_that_hang(abi))
    return in_own_network(qemu(abi), INET.path(abi), *words, *hanging)


def emulator(abi: str, *words: str) -> End:
    return emu(INET.path(abi), *words)


@pytest.fixture(scope="module")
def answers(request):
    yield from answers_in_advance(INET, request, WHOSE)


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi, answers):
    found = differences(answers(linux, abi), INET.expected(abi))
    assert not found, report(found)


@pytest.mark.oracle
@pytest.mark.parametrize("abi", QEMU_ABIS)
def test_qemu_differs_from_linux_only_where_we_know(abi, answers):
    found = differences(answers(user_mode_qemu, abi), INET.expected(abi))
    known = INET.known_differences("qemu_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)


@pytest.mark.parametrize("abi", ABIS)
def test_the_emulator_answers_as_linux(abi, answers):
    found = differences(answers(emulator, abi), INET.expected(abi))
    known = INET.known_differences("emulator_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)
    assert known - found.keys() == set(), "these are right now: strike them off"


def test_the_lists_name_what_exists():
    INET.check_lists()


WHOSE = {
    "test_linux_answers_as_expected": linux,
    "test_qemu_differs_from_linux_only_where_we_know": user_mode_qemu,
    "test_the_emulator_answers_as_linux": emulator,
}
