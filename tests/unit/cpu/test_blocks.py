"""How the engine cuts code into blocks: short ones, and stops between them only."""

import ctypes

import pytest

from emu.cpu import library as lib
from emu.cpu.block_limit import MAX_INSTRUCTIONS
from emu.cpu.ticker import Ticker
from tests.unit.cpu.support import ALL_ISAS, CODE, DATA, TRAP, R, W, X, assemble, words

HOOK_BLOCK = 1 << 3
BlockCallback = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p
)
NOP = {
    "x86-64": b"\x90", "i386": b"\x90", "arm64": words("arm64", 0xD503201F),
    "arm": words("arm", 0xE320F000), "riscv64": words("riscv64", 0x13),
    "riscv32": words("riscv32", 0x13),
}  # fmt: skip


@pytest.mark.parametrize("isa", ALL_ISAS)
def test_no_block_has_more_instructions_than_the_limit(guest, isa):
    g = guest(isa)
    if not g.cpu.has_short_blocks:
        pytest.skip("the limit cannot be changed in this library")
    sizes = []
    callback = BlockCallback(lambda _uc, _address, size, _data: sizes.append(size))
    g.cpu.hook(HOOK_BLOCK, lib.address_of(callback))
    nop = NOP.get(isa, bytes(4))
    g.load(nop * 500)
    assert g.run() is None
    assert sum(sizes) == len(nop) * 500 + len(TRAP[isa])
    assert max(sizes) <= MAX_INSTRUCTIONS * len(nop)


@pytest.mark.parametrize("isa", ["x86-64", "i386"])
def test_two_thousand_fcomi_in_a_row_run(guest, isa):
    g = guest(isa)
    g.load(assemble(isa, "fld1; fldz; fcomi st(1)")[:4] + b"\xdb\xf1" * 2000)
    assert g.run() is None
    assert g.trap_pcs == [CODE + 4004 + len(TRAP[isa])]


def arm64_with_whole_blocks(guest):
    g = guest("arm64")
    if not g.cpu.has_whole_blocks:
        pytest.skip("stops within blocks cannot be left out of this library")
    return g


def test_a_stop_during_a_load_into_its_own_base_register_does_not_repeat_it(guest):
    g = arm64_with_whole_blocks(guest)
    g.asm("ldr x0, [x0]; add x1, x1, #1")
    g.map(DATA, R | W, (0x1234).to_bytes(8, "little"))
    data = g.pages.pop(DATA >> 12)

    def late(page, _access):
        g.pages[page] = data
        g.cpu.interrupt()
        return data

    g.cpu.use(g.pages, late)
    g.set("x0", DATA)
    while not g.traps:
        assert g.run() is None
    assert (g.reg("x0"), g.reg("x1")) == (0x1234, 1)


def test_the_tick_never_repeats_a_load(guest):
    """Two words point at each other, so that every round of the loop begins at the first."""
    g = arm64_with_whole_blocks(guest)
    g.load(assemble("arm64", "l: ldr x0, [x0]; add x1, x1, #1; ldr x0, [x0]; b l"))
    pointers = [DATA + 8, DATA]
    g.map(DATA, R | W, b"".join(each.to_bytes(8, "little") for each in pointers))
    g.set("x0", DATA)
    begins = {CODE: DATA}
    with Ticker(50_000, lambda: g.cpu):
        for _ in range(300):
            assert g.run() is None
            assert g.reg("x0") == begins[g.cpu.pc]
            g.cpu.flush_tlb()
    assert g.reg("x1") > 300
    assert g.pages[CODE >> 12] & X
