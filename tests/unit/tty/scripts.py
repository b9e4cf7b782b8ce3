"""Random sessions on a pseudo-terminal: settings, and what both ends do. A seed makes one."""

import random

from emu.kernel.uapi import termios as t

INPUT = (t.ISTRIP, t.INLCR, t.IGNCR, t.ICRNL, t.IUCLC, t.IXON, t.IXANY, t.PARMRK, t.IUTF8)
OUTPUT = (t.OPOST, t.OLCUC, t.ONLCR, t.OCRNL, t.ONOCR, t.ONLRET)
LOCAL = (
    t.ISIG, t.ICANON, t.ECHO, t.ECHOE, t.ECHOK, t.ECHONL, t.NOFLSH, t.ECHOCTL, t.ECHOPRT,
    t.ECHOKE, t.IEXTEN,
)  # fmt: skip
PIECES = (
    b"abc", b"hello world", b"foo_bar  ", b"\x7f", b"\x7f\x7f", b"\x17", b"\x15", b"\x16", b"\x12",
    b"\x04", b"\n", b"\r", b"\t", b"a\tb\t", b"\x03", b"\x1c", b"\x1a", b"\x13", b"\x11",
    "aé€".encode(), b"\xff", b"\x00", b"\x80\xe9", b"\x01\x1b[A", b"ABC", b"e", b"o", b"\x16\x03",
    b"\x08",
)  # fmt: skip


def change(chance, settings):
    """Settings with a few things changed."""
    new = settings.copy()
    if chance.random() < 0.25:
        return new
    new.iflag = flip(chance, new.iflag, INPUT, 4)
    new.oflag = flip(chance, new.oflag, OUTPUT, 3)
    new.lflag = flip(chance, new.lflag, LOCAL, 4)
    if chance.random() < 0.3:
        new.oflag |= t.XTABS
    characters = bytearray(new.cc)
    for place, value, probability in (
        (t.VMIN, chance.choice([0, 1, 2, 5, 70]), 0.4),
        (t.VEOL, ord("e"), 0.3),
        (t.VEOL2, ord("o"), 0.3),
        (t.VERASE, 0, 0.1),
        (t.VEOL, 0xFF, 0.1),
    ):
        if chance.random() < probability:
            characters[place] = value
    new.cc = bytes(characters)
    return new


def flip(chance, value, flags, most):
    for flag in chance.sample(flags, chance.randrange(most)):
        value ^= flag
    return value


def script(seed):
    """What is done, as names of a pair's methods and their arguments."""
    chance = random.Random(seed)
    steps = [step(chance) for _ in range(chance.randrange(3, 12))]
    steps += [("read", "slave", 4096)] * 3 + [("read", "master", 4096)] * 2
    return [*steps, ("waiting", "slave"), ("poll", "slave"), ("poll", "master")]


def step(chance):
    kind = chance.random()
    if kind < 0.62:
        text = b"".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 6)))
        if chance.random() < 0.04:
            text *= 20
        return ("write", "master" if kind < 0.5 else "slave", text)
    if kind < 0.72:
        return ("read", "slave", chance.choice([1, 2, 5, 64, 100, 4096]))
    if kind < 0.8:
        return ("read", "master", chance.choice([1, 5, 4096]))
    if kind < 0.85:
        return ("waiting", "slave")
    if kind < 0.9:
        return ("poll", chance.choice(["master", "slave"]))
    if kind < 0.94:
        return ("set", chance.randrange(1 << 30))
    if kind < 0.96:
        return ("flush", chance.choice(["master", "slave"]), chance.randrange(3))
    if kind < 0.98:
        return ("flow", "slave", chance.choice([0, 1]))
    return ("packet", chance.random() < 0.7)


def play(pair, seed):
    """Do a script: each step with what came of it."""
    pair.set(change(random.Random(seed + 1), pair.settings()))
    done = []
    for what, *arguments in script(seed):
        if what == "set":
            answer = pair.set(change(random.Random(arguments[0]), pair.settings()))
        else:
            answer = getattr(pair, what)(*arguments)
        done.append((what, *arguments, answer))
    pair.close()
    return done
