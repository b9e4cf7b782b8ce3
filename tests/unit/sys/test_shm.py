"""System V shared memory."""

import pytest

from tests.unit.vfs.guest import ABIS, Guest

CREAT, EXCL = 0o1000, 0o2000
RMID, SET, STAT, INFO, SHM_STAT, SHM_INFO = 0, 1, 2, 3, 13, 14
RDONLY, RND, REMAP = 0o10000, 0o20000, 0o40000
IPC_64 = 0x100
# What C libraries pass: these ABIs' tables have the calls that know two layouts.
TWO_LAYOUTS = ("arm-eabi", "arm-oabi", "mips-n32")


def shmctl(guest, shmid, command, address):
    """As the ABI's C library calls it."""
    if guest.abi.name in TWO_LAYOUTS:
        return guest.sys("old_shmctl", shmid, command | IPC_64, address)
    return guest.sys("shmctl", shmid, command, address)


def stat(guest, shmid):
    assert shmctl(guest, shmid, STAT, guest.buffer) == 0
    return guest.get("shmid64_ds")


@pytest.mark.parametrize("abi", ABIS)
def test_a_segment_is_described_in_the_callers_layout(abi):
    guest = Guest(abi)
    shmid = guest.sys("shmget", 0x1234, 5000, CREAT | 0o640)
    at = guest.sys("shmat", shmid, 0, 0)
    described = stat(guest, shmid)
    perm = described["shm_perm"]
    assert (perm["key"], perm["mode"] & 0o777, described["shm_segsz"]) == (0x1234, 0o640, 5000)
    assert (described["shm_nattch"], described["shm_cpid"]) == (1, guest.task.pid)
    assert described["shm_atime"] == guest.clock.realtime_ns() // 10**9
    assert guest.sys("shmdt", at) == 0
    assert stat(guest, shmid)["shm_nattch"] == 0


@pytest.mark.parametrize(("abi", "order"), [("mips-o32", "big"), ("riscv64", None)])
def test_processes_see_each_others_stores(abi, order):
    one = Guest("arm64")
    two = Guest(abi, order, beside=one)
    shmid = one.sys("shmget", 7, 4096, CREAT | 0o600)
    mine = one.sys("shmat", shmid, 0, 0)
    theirs = two.sys("shmat", two.sys("shmget", 7, 0, 0), 0, 0)
    one.mm.write(mine + 100, b"shared")
    assert two.mm.read(theirs + 100, 6) == b"shared"
    assert stat(one, shmid)["shm_nattch"] == 2


def test_a_removed_segment_goes_with_its_last_attachment():
    guest = Guest()
    shmid = guest.sys("shmget", 7, 4096, CREAT | 0o600)
    at = guest.sys("shmat", shmid, 0, 0)
    guest.mm.write(at, b"still here")
    assert shmctl(guest, shmid, RMID, 0) == 0
    assert guest.mm.read(at, 5) == b"still"
    assert stat(guest, shmid)["shm_perm"]["mode"] & 0o1000
    assert guest.sys("shmget", 7, 0, 0) == "ENOENT"
    child = guest.mm.fork()
    assert stat(guest, shmid)["shm_nattch"] == 2
    guest.sys("shmdt", at)
    assert child.read(at, 5) == b"still"
    child.release()
    assert shmctl(guest, shmid, STAT, guest.buffer) == "EINVAL"
    assert guest.kernel.ipc.shm_pages == guest.kernel.ipc.charge.bytes == 0


def test_an_identifier_that_was_used_before_is_eidrm_or_einval():
    guest = Guest()
    first = guest.sys("shmget", 0, 4096, 0o600)
    shmctl(guest, first, RMID, 0)
    assert shmctl(guest, first, RMID, 0) == "EINVAL"
    for _ in range(64):
        last = guest.sys("shmget", 0, 4096, 0o600)
        if last & 0x7FFF:
            shmctl(guest, last, RMID, 0)
    assert last == first + (1 << 15)
    assert shmctl(guest, first, RMID, 0) == "EIDRM"


def test_keys_are_found_made_or_refused():
    guest = Guest()
    assert guest.sys("shmget", 9, 100, 0o600) == "ENOENT"
    shmid = guest.sys("shmget", 9, 100, CREAT | 0o600)
    assert guest.sys("shmget", 9, 100, CREAT | 0o600) == shmid
    assert guest.sys("shmget", 9, 100, CREAT | EXCL | 0o600) == "EEXIST"
    assert guest.sys("shmget", 9, 101, 0) == "EINVAL"
    assert guest.sys("shmget", 0, 0, 0o600) == "EINVAL"
    guest.kernel.ipc.shm.limit = 1
    assert guest.sys("shmget", 0, 100, 0o600) == "ENOSPC"


def test_another_user_needs_the_mode():
    root = Guest()
    user = Guest(uid=1000, beside=root)
    shmid = root.sys("shmget", 9, 100, CREAT | 0o604)
    assert user.sys("shmget", 9, 100, 0o600) == "EACCES"
    assert user.sys("shmat", shmid, 0, 0) == "EACCES"
    at = user.sys("shmat", shmid, 0, RDONLY)
    assert user.mm.read(at, 1) == b"\0"
    assert user.sys("mprotect", at, 4096, 3) == "EACCES"
    assert shmctl(user, shmid, RMID, 0) == "EPERM"
    assert user.sys("shmctl", shmid, 11, 0) == "EPERM"


def test_the_owner_and_the_mode_can_be_changed():
    guest = Guest("i386")
    shmid = guest.sys("shmget", 9, 100, CREAT | 0o600)
    guest.put("shmid64_ds", shm_perm={"uid": 5, "gid": 6, "mode": 0o7644})
    assert shmctl(guest, shmid, SET, guest.buffer) == 0
    perm = stat(guest, shmid)["shm_perm"]
    assert (perm["uid"], perm["cuid"], perm["gid"], perm["mode"]) == (5, 0, 6, 0o644)


def test_an_address_may_be_chosen():
    guest = Guest()
    shmid = guest.sys("shmget", 0, 8192, 0o600)
    at = guest.sys("shmat", shmid, 0, 0)
    free = at - 0x100000
    assert guest.sys("shmat", shmid, free, 0) == free
    assert guest.sys("shmat", shmid, free, 0) == "EINVAL"
    assert guest.sys("shmat", shmid, free, REMAP) == free
    assert guest.sys("shmat", shmid, 0, REMAP) == "EINVAL"
    assert guest.sys("shmat", shmid, free - 0x8001, 0) == "EINVAL"
    assert guest.sys("shmat", shmid, free - 0x8001, RND) == free - 0x9000
    assert guest.sys("shmdt", free + 1) == "EINVAL"
    assert guest.sys("shmdt", guest.buffer) == "EINVAL"


@pytest.mark.parametrize(("abi", "lba"), [("mips-o32", 0x40000), ("arm-eabi", 0x4000)])
def test_some_isas_attach_at_large_steps_only(abi, lba):
    guest = Guest(abi)
    shmid = guest.sys("shmget", 0, 4096, 0o600)
    address = 0x20000000
    assert guest.sys("shmat", shmid, address + 0x1000, 0) == "EINVAL"
    assert guest.sys("shmat", shmid, address + lba + 0x1000, RND) == address + lba


def test_a_segment_cut_in_pieces_is_detached_whole():
    guest = Guest()
    shmid = guest.sys("shmget", 0, 4 * 4096, 0o600)
    at = guest.sys("shmat", shmid, 0, 0)
    guest.sys("mprotect", at + 4096, 4096, 1)
    assert stat(guest, shmid)["shm_nattch"] == 3
    assert guest.sys("shmdt", at) == 0
    assert stat(guest, shmid)["shm_nattch"] == 0
    assert guest.sys("shmdt", at) == "EINVAL"


@pytest.mark.parametrize("abi", ABIS)
def test_limits_and_use_are_told(abi):
    guest = Guest(abi)
    guest.sys("shmget", 0, 5000, 0o600)
    assert shmctl(guest, 0, INFO, guest.buffer) == 0
    told = guest.get("shminfo64")
    assert (told["shmmni"], told["shmmin"]) == (4096, 1)
    assert shmctl(guest, 0, SHM_INFO, guest.buffer) == 0
    assert (guest.get("shm_info")["used_ids"], guest.get("shm_info")["shm_tot"]) == (1, 2)
    assert shmctl(guest, 0, SHM_STAT, guest.buffer) == 0
    assert shmctl(guest, 1, SHM_STAT, guest.buffer) == "EINVAL"


def test_proc_lists_segments():
    guest = Guest()
    shmid = guest.sys("shmget", 0x77, 5000, CREAT | 0o640)
    at = guest.sys("shmat", shmid, 0, 0)
    header, line = guest.cat("/proc/sysvipc/shm").decode().splitlines()
    assert len(header) == len(line)
    words = line.split()
    assert words[:5] == ["119", str(shmid), "640", "5000", str(guest.task.pid)]
    assert words[6] == "1"
    assert b"/SYSV00000077 (deleted)" in guest.cat("/proc/self/maps")
    assert guest.sys("shmdt", at) == 0


def test_old_layouts_are_for_those_who_ask_for_them():
    guest = Guest("i386")
    shmid = guest.sys("shmget", 9, 100, CREAT | 0o600)
    guest.mm.write(guest.buffer, b"\xff" * 128)
    assert guest.sys("old_shmctl", shmid, STAT, guest.buffer) == 0
    assert guest.get("shmid_ds")["shm_segsz"] == 100
    assert guest.mm.read(guest.buffer + 48, 4) == b"\xff" * 4
