"""The line discipline does what this host's kernel does, over many random sessions.

python -m tests.unit.tty.test_against_host FIRST LAST      plays more of them
"""

import sys

import pytest

from tests.unit.tty import pairs
from tests.unit.tty.pairs import HostPair, OurPair
from tests.unit.tty.scripts import play

SESSIONS = 240
PER_TEST = 40


def difference(seed):
    """The steps on which both do not agree. The host is given more time before it is believed:
    its bytes travel in the background, and a busy machine delays them."""
    ours = play(OurPair(), seed)
    for settle_s in (0.001, 0.01, 0.05):
        pairs.SETTLE_S = settle_s
        host = play(HostPair(), seed)
        if host == ours:
            return []
    return [(h, o) for h, o in zip(host, ours, strict=True) if h != o]


@pytest.mark.parametrize("first", range(0, SESSIONS, PER_TEST))
def test_sessions_are_the_hosts(first):
    for seed in range(first, first + PER_TEST):
        assert difference(seed) == [], f"session {seed}"


if __name__ == "__main__":
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        for host, ours in difference(seed):
            print(f"session {seed}: host {host}, ours {ours}")
