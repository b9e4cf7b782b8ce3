"""No way out: a guest reads and changes only what it was given, whatever it and the host do."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import tests.unit.vfs.escapes_by_changes  # noqa: F401 -- adds its attacks
from emu.kernel.fs.setup import bind_host
from tests.unit.vfs.archives import host_tree
from tests.unit.vfs.escapes import ATTACKS, SECRET, cat, furnish
from tests.unit.vfs.guest import Guest

RACE_S = 0.4


@dataclass(frozen=True)
class Place:
    """Where the guest sees a folder of the host, and what lies beside it."""

    path: str
    host: Path
    outside: Path
    elsewhere: Path


def world(tmp_path, path):
    outside, elsewhere, host = (tmp_path / name for name in ("outside", "elsewhere", "inside"))
    for folder in (outside, elsewhere):
        folder.mkdir()
        (folder / "secret").write_bytes(SECRET)
    furnish(host, outside)
    return Place(path, host, outside, elsewhere)


@pytest.fixture(params=["writable bind", "read-only bind", "layer", "kept layer"])
def kind(request):
    return request.param


def begin(kind, tmp_path):
    if "bind" in kind:
        place = world(tmp_path, "/in")
        guest = Guest()
        bind_host(guest.kernel, str(place.host), b"/in", kind == "writable bind")
        return guest, place
    place = world(tmp_path, "")
    kept = tmp_path / "kept" if kind == "kept layer" else None
    return Guest(layers=[place.host], upper=kept), place


def check(place, before, found):
    for got in found:
        text = got if isinstance(got, bytes) else repr(got).encode()
        assert SECRET not in text
    assert host_tree(place.outside) == before
    assert (place.elsewhere / "secret").read_bytes() == SECRET


@pytest.mark.parametrize("name", ATTACKS)
def test_a_writable_bind_has_no_way_out(name, tmp_path):
    guest, place = begin("writable bind", tmp_path)
    before = host_tree(place.outside)
    check(place, before, ATTACKS[name](guest, place))


def test_neither_have_other_places(kind, tmp_path):
    for number, (name, attack) in enumerate(ATTACKS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        guest, place = begin(kind, folder)
        before = host_tree(place.outside)
        check(place, before, attack(guest, place))
        del guest, name


def test_there_are_many_ways_to_try():
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("kind", ["read-only bind", "layer"])
def test_what_is_not_writable_never_changes(kind, tmp_path):
    """Also not the folder itself: the ways in which the host takes part are left out."""
    for number, (name, attack) in enumerate(ATTACKS.items()):
        if "host" in name or "exchanged" in name:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        guest, place = begin(kind, folder)
        before = host_tree(place.host)
        attack(guest, place)
        assert host_tree(place.host) == before, name


def flipping(first, second, third):
    """While it runs, two names are exchanged again and again."""
    stop = threading.Event()

    def flip():
        while not stop.is_set():
            os.rename(first, third)
            os.rename(second, first)
            time.sleep(0)
            os.rename(first, second)
            os.rename(third, first)

    thread = threading.Thread(target=flip)
    thread.start()
    return thread, stop


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_race_with_a_link_of_the_host_is_never_won(what, tmp_path):
    guest, place = begin("writable bind", tmp_path)
    before = host_tree(place.outside)
    name = place.host / ("sub" if what == "folder" else "file")
    link = place.host / ("folder" if what == "folder" else "absolute")
    (place.outside / "file").exists()
    thread, stop = flipping(name, link, place.host / "aside")
    found = set()
    end = time.monotonic() + RACE_S
    try:
        while time.monotonic() < end:
            if what == "folder":
                found.add(cat(guest, "/in/sub/secret"))
                found.add(str(guest.chmod("/in/sub/secret", 0o777)))
                guest.mkdir("/in/sub/made")
            else:
                found.add(cat(guest, "/in/file"))
                found.add(str(guest.sys("truncate", "/in/file", 3)))
                found.add(str(guest.chmod("/in/file", 0o600)))
    finally:
        stop.set()
        thread.join()
    check(place, before, found)


def test_the_hosts_proc_is_no_way_out(tmp_path):
    place = world(tmp_path, "/in")
    before = host_tree(place.outside)
    guest = Guest()
    with pytest.raises(OSError, match="proc"):
        bind_host(guest.kernel, "/proc", b"/in", False)
    bind_host(guest.kernel, "/", b"/host", False)
    pid = os.getpid()
    secret = f"{place.outside}/secret"
    fd = os.open(secret, os.O_RDONLY)
    try:
        names = [f"/host/proc/{who}/{what}" for who in ("self", pid) for what in (
            "mem", "environ", "maps", f"fd/{fd}", f"root{secret}", "cwd/README.md", "status",
        )]  # fmt: skip
        found = [cat(guest, name) for name in names]
    finally:
        os.close(fd)
    check(place, before, found)
    assert not any(isinstance(got, bytes) for got in found)
    assert guest.ls("/host/proc") == "EACCES"
