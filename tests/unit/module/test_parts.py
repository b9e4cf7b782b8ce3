"""Small parts behind modules: formats, parsing, image files, and indices."""

import struct
import subprocess

import pytest

from emu.kernel.errno import EINVAL, ERANGE, KernelError
from emu.kernel.module.depmod import index
from emu.kernel.module.format import c_format, c_scan
from emu.kernel.module.ko import make_ko, modinfo
from emu.kernel.module.parameters import split_arguments
from emu.kernel.module.parse import kstrtobool, kstrtoint, kstrtoll, kstrtoull

FORMATS = [
    ("%d %i %u", (-1, 7, -1), "-1 7 4294967295"),
    ("%ld %lu", (-1, -1), "-1 18446744073709551615"),
    ("%hhd %hhu %hd %hx", (200, 300, 40000, -1), "-56 44 -25536 ffff"),
    ("%5d|%-5d|%05d|%+d|% d", (42, 42, 42, 42, 42), "   42|42   |00042|+42| 42"),
    ("%x %X %#x %o %#o", (255, 255, 255, 8, 8), "ff FF 0xff 10 010"),
    ("%s|%.3s|%8s|%-8s|", ("abcdef", "abcdef", "abc", "abc"), "abcdef|abc|     abc|abc     |"),
    ("%c%c%%", ("a", 98), "ab%"),
    ("%*d|%.*s", (5, 42, 2, "abc"), "   42|ab"),
    ("%llu %lld", (1 << 63, 1 << 63), "9223372036854775808 -9223372036854775808"),
    ("%zu %td", (3, -3), "3 -3"),
]


@pytest.mark.parametrize(("text", "values", "shown"), FORMATS)
def test_formats_are_c_s(text, values, shown):
    assert c_format(text, values) == shown


@pytest.mark.parametrize(("text", "values", "shown"), FORMATS)
def test_formats_agree_with_the_host_s_printf(text, values, shown, tmp_path):
    arguments = [f'"{v}"' if isinstance(v, str) and v != "a" else c_literal(v) for v in values]
    source = tmp_path / "p.c"
    source.write_text(
        f'#include <stdio.h>\nint main(void){{printf("{text}", {", ".join(arguments)});}}\n'
    )
    program = tmp_path / "p"
    subprocess.run(["gcc", "-w", "-o", program, source], check=True)
    assert subprocess.run([program], capture_output=True, text=True).stdout == shown


def c_literal(value):
    if value == "a":
        return "'a'"
    return f"{value}ull" if value > 1 << 62 else f"{value}ll"


def test_what_only_the_kernel_s_printf_knows():
    error = -EINVAL
    assert c_format("%pe %s %ps", (error, None, c_format)) == "-EINVAL (null) c_format"
    assert c_format("%pI4 %pM %*ph", (b"\x7f\0\0\1", bytes(6), b"\1\xff")).startswith(
        "127.0.0.1 00"
    )
    assert c_format("%3phC|", (b"\1\2\3",)) == "01:02:03|"


def test_too_few_values_are_an_error():
    with pytest.raises(TypeError, match="wants 2 values, not 1"):
        c_format("%d %d", (1,))


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("12 -7 0x1f", "%u %d %x", [12, -7, 31]),
        ("0x10 010 9", "%i %i %i", [16, 8, 9]),
        ("key=value rest", "key=%s", ["value"]),
        ("300", "%hhu", [44]),
        ("abc", "%2s%c", ["ab", "c"]),
        ("1,2", "%d,%d%n", [1, 2, 3]),
        ("1 x", "%d %d", [1]),
        ("x", "%d", []),
        ("5 6", "%*d %d", [6]),
    ],
)
def test_scanning_finds_as_many_as_match(text, wanted, found):
    assert c_scan(text, wanted) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42), ("42\n", 42), ("+42", 42), ("0x2A", 42), ("052", 42), ("0", 0),
        ("18446744073709551615", (1 << 64) - 1), ("18446744073709551616", ERANGE),
        ("", EINVAL), ("\n", EINVAL), ("42 ", EINVAL), (" 42", EINVAL), ("4\n\n", EINVAL),
        ("-1", EINVAL), ("08", EINVAL), ("0x", EINVAL), ("9" * 5000, ERANGE), ("++1", EINVAL),
    ],
)  # fmt: skip
def test_numbers_are_parsed_as_strictly_as_the_kernel_does(text, value):
    assert outcome(kstrtoull, text, 0) == value


def test_signed_and_small_numbers_have_bounds():
    assert outcome(kstrtoll, "-9223372036854775808", 10) == -(1 << 63)
    assert outcome(kstrtoll, "9223372036854775808", 10) is ERANGE
    assert outcome(kstrtoint, "256", 0, 0, 255) is ERANGE
    assert outcome(kstrtoint, "-129", 0, -128, 127) is ERANGE


def test_truth_values_have_many_names():
    assert [kstrtobool(text) for text in ("1", "Y", "on", "true", "0", "no", "Off")] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip
    assert outcome(kstrtobool, "maybe") is EINVAL


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except KernelError as error:
        return type(error)


def test_arguments_are_split_as_the_kernel_splits_them():
    line = 'a=1 b="two words" c-d=3  flag "e=4 5"'
    assert split_arguments(line) == [
        ("a", "1"), ("b", "two words"), ("c_d", "3"), ("flag", None), ("e", "4 5"),
    ]  # fmt: skip


def test_a_module_file_tells_its_name_whatever_is_around_it():
    image = make_ko("mine", [("license", "GPL"), ("name", "mine")])
    assert modinfo(image) == {"license": "GPL", "name": "mine"}
    assert image[:4] == b"\x7fELF"


@pytest.mark.parametrize("size", [0, 3, 16, 52, 63, 64, 100, 200])
def test_a_cut_or_broken_module_file_is_none(size):
    image = make_ko("mine", [("name", "mine")])
    assert modinfo(image[:size]) is None
    for at in range(0, len(image), 7):
        broken = bytearray(image)
        broken[at] ^= 0xFF
        modinfo(bytes(broken))  # whatever it says, it comes back


def test_an_index_begins_with_its_magic_and_leads_to_its_keys():
    data = index([("ab", "one"), ("ac", "two")])
    magic, version, root = struct.unpack_from(">III", data)
    assert (magic, version) == (0xB007F457, 0x20001)
    assert root & 0xF0000000 == 0x20000000
    offset = root & 0x0FFFFFFF
    assert data[offset : offset + 2] == b"aa"
    assert b"one\0" in data
    assert b"two\0" in data
