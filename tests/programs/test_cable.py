"""Two machines joined by a cable: programs of two instruction sets talk TCP over it."""

import random
from pathlib import Path

import pytest

from emu.cable import Cable, run_together
from emu.kernel.sched import Deadlock
from emu.machine import Config, Machine
from tests.support.toolchain import build_with_libc, or_skip

SOURCE = Path(__file__).parent / "cable.c"
BYTES = 200_000


def machine() -> Machine:
    return Machine(Config(deterministic=True))


def program(abi: str) -> str:
    return str(or_skip(build_with_libc, SOURCE, abi))


def send_over(cable_of, server="arm64", client="mips-o32") -> tuple[Cable, int | None, int | None]:
    """Run both ends: the cable, and their exit statuses."""
    one, other = machine(), machine()
    cable = cable_of(one, other)
    serving = one.spawn(program(server), ["cable", "serve"])
    while one.kernel.sched.has_ready():
        one.step()
    sending = other.spawn(program(client), ["cable", "send", "10.0.0.1", str(BYTES)])
    run_together(one, other)
    return cable, serving.exit_status, sending.exit_status


def test_bytes_go_from_one_machine_to_the_other():
    cable, *ends = send_over(lambda a, b: Cable(a, b, ("10.0.0.1/24", "10.0.0.2/24")))
    assert ends == [0, 0]
    assert cable.frames > BYTES / 1500


@pytest.mark.parametrize("seed", range(3))
def test_what_the_cable_loses_is_sent_again(seed):
    chance = random.Random(seed)
    lost = []

    def cable_of(one: Machine, other: Machine) -> Cable:
        cable = Cable(one, other, ("10.0.0.1/24", "10.0.0.2/24"))

        def loses(frame: bytes) -> bool:
            if chance.random() < 0.05:
                lost.append(frame)
            return bool(lost) and lost[-1] is frame

        cable.loses = loses
        return cable

    _, *ends = send_over(cable_of)
    assert ends == [0, 0]
    assert lost


def test_a_cable_that_was_pulled_out_carries_nothing():
    def cable_of(one: Machine, other: Machine) -> Cable:
        cable = Cable(one, other, ("10.0.0.1/24", "10.0.0.2/24"))
        cable.unplug()
        return cable

    with pytest.raises(Deadlock):  # the server waits for ever; the client gave up
        send_over(cable_of)


def test_a_machine_alone_has_no_way_out():
    lonely = machine()
    sending = lonely.spawn(program("arm64"), ["cable", "send", "10.0.0.1", "1"])
    lonely.run()
    assert sending.exit_status == 1 << 8
