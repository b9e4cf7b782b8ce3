"""The pytest plugin ``emu``: it imports nothing of emu for sessions that do not use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emu.machine import Machine
    from emu.outcome import Outcome
    from emu.testing.fixtures import Inject, Runner
    from emu.testing.golden import GoldenTraces
    from emu.testing.selection import AbiName

MARKERS = (
    "abis(*names): run for these ABIs ('all', 'mips-*', '!arm-oabi'); the test takes 'abi'",
    "machine(**settings): what the fixture 'machine' is made of, as emu.Config says",
    "emu_native: compares with this machine's kernel; skipped where that cannot run the ABI",
    "emu_qemu_user: compares with qemu-user; skipped where there is none for the ABI",
)
ORACLES = {"emu_native": "native", "emu_qemu_user": "qemu-user"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--emu-update``."""
    group = parser.getgroup("emu", "system call traces")
    group.addoption("--emu-update", action="store_true", help="write golden traces anew")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each of its ABIs."""
    mark = metafunc.definition.get_closest_marker("abis")
    if mark is None or not is_ours(metafunc, "abi"):
        return
    from emu.testing.selection import select

    try:
        chosen = select(mark.args)
    except ValueError as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: {error}") from None
    metafunc.parametrize("abi", chosen, indirect=True)


def is_ours(metafunc: pytest.Metafunc, fixture: str) -> bool:
    """Whether a test's fixture of that name is this plugin's, not the project's own."""
    known = metafunc.definition._fixtureinfo.name2fixturedefs.get(fixture)
    return bool(known) and known is not None and known[-1].func.__module__ == __name__


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine has no oracle for."""
    for mark, where in ORACLES.items():
        if item.get_closest_marker(mark) is not None:
            skip_without(item, where)


def skip_without(item: pytest.Item, where: str) -> None:
    """Skip a test of an ABI that cannot be run elsewhere."""
    from emu.testing.oracles import reason_against
    from emu.testing.selection import DEFAULT

    parameters = getattr(getattr(item, "callspec", None), "params", {})
    reason = reason_against(parameters.get("abi", DEFAULT), where)
    if reason:
        pytest.skip(reason)


@pytest.fixture
def abi(request: pytest.FixtureRequest) -> AbiName:
    """The ABI that the test is run for: see the mark ``abis``; x86-64 without it."""
    from emu.testing.selection import DEFAULT, AbiName

    return AbiName(getattr(request, "param", DEFAULT))


@pytest.fixture
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """A fresh machine with an empty tmpfs for a root, unless the mark ``machine`` says more."""
    from emu.testing.fixtures import make_machine

    settings: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("machine"))):
        settings |= mark.kwargs
    made = make_machine(settings)
    yield made
    made.kill_all()


@pytest.fixture
def run(machine: Machine) -> Runner:
    """Run a program on the machine: its status, output, errors, calls and strace text."""
    from emu.testing.fixtures import Runner

    return Runner(machine)


@pytest.fixture
def inject(machine: Machine) -> Inject:
    """Make calls fail, answer otherwise, take longer, or raise a signal, as strace does."""
    from emu.testing.fixtures import Inject

    return Inject(machine)


@pytest.fixture
def golden_trace(request: pytest.FixtureRequest) -> GoldenTraces:
    """Compare a run's trace with the committed one, in ``golden/`` beside the test."""
    from emu.testing.golden import GoldenTraces

    return GoldenTraces(request.path.parent, request.config.getoption("--emu-update"))


@pytest.fixture
def run_natively() -> Callable[..., Outcome]:
    """Run a program by this machine's kernel; skips the test if that cannot."""
    return elsewhere("native")


@pytest.fixture
def run_under_qemu() -> Callable[..., Outcome]:
    """Run a program under qemu-user; skips the test if there is none for its ABI."""
    return elsewhere("qemu-user")


def elsewhere(where: str) -> Callable[..., Outcome]:
    """A function that runs programs there, or skips the test."""
    from emu.testing.oracles import CannotRun, run_elsewhere

    def run_there(*arguments: Any, **settings: Any) -> Outcome:
        __tracebackhide__ = True
        try:
            return run_elsewhere(where, *arguments, **settings)
        except CannotRun as why:
            pytest.skip(str(why))

    return run_there
