"""The pages that handlers return through are shared objects that tools can read."""

import io
import struct

import pytest
from elftools.elf.elffile import ELFFile

from emu.arch.abi import Abi
from emu.kernel.exec.vdso import make_abi_vdso

EXPECTED = {
    ("i386", None): ("EM_386", {"__kernel_sigreturn": "58b877000000cd80",
                                "__kernel_rt_sigreturn": "b8ad000000cd80"}),
    ("arm64", None): ("EM_AARCH64", {"__kernel_rt_sigreturn": "681180d2010000d4"}),
    ("riscv64", None): ("EM_RISCV", {"__vdso_rt_sigreturn": "9308b00873000000"}),
    ("riscv32", None): ("EM_RISCV", {"__vdso_rt_sigreturn": "9308b00873000000"}),
    ("mips-o32", "big"): ("EM_MIPS", {"__vdso_rt_sigreturn": "240210610000000c",
                                      "__vdso_sigreturn": "240210170000000c"}),
    ("mips-n32", "little"): ("EM_MIPS", {"__vdso_rt_sigreturn": "431802240c000000"}),
    ("mips-n64", "big"): ("EM_MIPS", {"__vdso_rt_sigreturn": "2402145b0000000c"}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "order"), EXPECTED)
def test_the_return_code_is_where_the_symbols_say(name, order):
    machine, functions = EXPECTED[name, order]
    abi = Abi.load(name, order)
    vdso = make_abi_vdso(abi)
    elf = ELFFile(io.BytesIO(vdso.image))
    assert elf["e_machine"] == machine
    assert elf.little_endian == (not abi.big_endian)
    dynamic = next(s for s in elf.iter_segments() if s["p_type"] == "PT_DYNAMIC")
    found = {symbol.name: symbol["st_value"] for symbol in dynamic.iter_symbols()}
    for function, code in functions.items():
        place = found[function]
        assert place == vdso.symbols[function.encode()]
        assert vdso.image[place:][: len(code) // 2].hex() == code


@pytest.mark.parametrize("name", ["x86-64", "x32", "arm-eabi", "arm-oabi"])
def test_the_others_have_none(name):
    assert make_abi_vdso(Abi.load(name)) is None


def test_i386s_way_into_the_kernel_can_be_unwound():
    vdso = make_abi_vdso(Abi.load("i386"))
    elf = ELFFile(io.BytesIO(vdso.image))
    header = next(s for s in elf.iter_segments() if s["p_type"] == "PT_GNU_EH_FRAME")
    start = header["p_vaddr"]
    version, *_, count, function, entry = struct.unpack_from("<BBBBiIii", vdso.image, start)
    assert (version, count) == (1, 1)
    assert start + function == vdso.symbols[b"__kernel_vsyscall"]
    length, cie, begin, size = struct.unpack_from("<IIiI", vdso.image, start + entry)
    assert start + entry + 8 + begin == vdso.symbols[b"__kernel_vsyscall"]
    assert (length % 4, size) == (0, 13)
    assert vdso.image[start + entry + 4 - cie + 8] == 1  # the CIE's version
