"""`emu abi`."""

import pytest

from emu.cli.abi import main


@pytest.fixture
def emu_abi(capsys):
    """Runs ``emu abi`` with arguments: (status, output lines, error text)."""

    def run(*arguments):
        status = main(list(arguments))
        captured = capsys.readouterr()
        return status, captured.out.splitlines(), captured.err

    return run


def test_without_arguments_it_lists_every_abi(emu_abi):
    status, lines, _ = emu_abi()
    assert status == 0
    assert len(lines) == 12
    assert lines[0].split()[0] == "abi"
    assert any(line.startswith("mips-o32") and "a0..a3+stack" in line for line in lines)


def test_a_name_shows_that_abis_convention(emu_abi):
    _, lines, _ = emu_abi("mips-o32")
    text = "\n".join(lines)
    assert "a0 a1 a2 a3 [sp+16] [sp+20] [sp+24] [sp+28]" in text
    assert "a3 is 1 and the result the errno" in text
    assert "uname -m      mips" in text


def test_a_system_call_shows_where_its_arguments_are(emu_abi):
    _, lines, _ = emu_abi("arm64", "openat")
    assert lines[0] == "openat: number 56 (0x38), entry sys_openat"
    assert [line.split()[0] for line in lines[1:]] == ["x0", "x1", "x2", "x3"]


def test_a_64_bit_argument_shows_both_words_high_first(emu_abi):
    _, big, _ = emu_abi("mips-o32", "pread64")
    _, little, _ = emu_abi("mips-o32", "pread64", "--byte-order", "little")
    assert big[-1].split() == ["[sp+16]:[sp+20]", "loff_t", "pos"]
    assert little[-1].split() == ["[sp+20]:[sp+16]", "loff_t", "pos"]


def test_an_alias_says_who_serves_it(emu_abi):
    _, lines, _ = emu_abi("i386", "pread64")
    assert lines[0].endswith("entry sys_ia32_pread64, served by sys_pread64")


def test_a_number_finds_calls_errors_and_signals(emu_abi):
    _, lines, _ = emu_abi("arm64", "2")
    assert lines[0].startswith("io_submit: number 2")
    assert lines[-2:] == ["ENOENT = 2", "SIGINT = 2"]


def test_a_number_below_the_base_counts_from_it(emu_abi):
    assert emu_abi("mips-o32", "3")[1][0].startswith("read: number 4003")
    assert emu_abi("mips-o32", "4003")[1][0].startswith("read: number 4003")


def test_constants_and_structs_are_found_by_name(emu_abi):
    assert emu_abi("arm64", "O_DIRECTORY")[1] == ["O_DIRECTORY = 16384 (0x4000)"]
    assert emu_abi("x86-64", "RTC_RD_TIME")[1] == ["RTC_RD_TIME = 2149871625 (0x80247009)"]
    lines = emu_abi("i386", "flock")[1]
    assert "struct flock: 16 bytes" in lines
    assert lines[0].startswith("flock: number 143")


def test_an_unknown_name_suggests_a_near_one(emu_abi):
    status, lines, error = emu_abi("arm64", "O_DIRECTRY")
    assert (status, lines) == (1, [])
    assert error.startswith("emu abi: arm64 has no O_DIRECTRY; did you mean O_DIRECTORY")
    assert emu_abi("amd64")[0] == 1
    assert "did you mean arm64" in emu_abi("rm64")[2]


def test_a_byte_order_an_abi_does_not_have_is_refused(emu_abi):
    status, _, error = emu_abi("arm64", "--byte-order", "big")
    assert (status, error) == (1, "emu abi: arm64 is never big-endian\n")


def test_a_diff_lists_what_only_one_side_has_and_what_differs(emu_abi):
    _, lines, _ = emu_abi("--diff", "arm64", "riscv64", "--section", "syscalls")
    assert lines[0] == "syscalls: 3 of arm64 and riscv64 differ"
    assert [line.split() for line in lines[1:]] == [
        ["renameat", "38", "-"],
        ["riscv_flush_icache", "-", "259"],
        ["riscv_hwprobe", "-", "258"],
    ]


def test_a_diff_of_layouts_names_the_fields(emu_abi):
    _, lines, _ = emu_abi("--diff", "mips-n64", "mips-n32", "--section", "layouts")
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert rows["timespec"] == ["16", "8"]
    assert rows["timespec.tv_nsec"] == ["+8", "8", "+4", "4"]
    assert "stat" not in rows


def test_a_diff_of_an_abi_with_itself_is_empty(emu_abi):
    _, lines, _ = emu_abi("--diff", "x32", "x32")
    assert [line.split()[1] for line in lines] == ["0"] * 6


@pytest.mark.parametrize(
    "arguments", [("--section", "errno"), ("arm64", "--diff", "i386", "x32"), ("--diff", "x32")]
)
def test_options_that_make_no_sense_together_are_refused(arguments, emu_abi):
    with pytest.raises(SystemExit) as stop:
        emu_abi(*arguments)
    assert stop.value.code == 2
