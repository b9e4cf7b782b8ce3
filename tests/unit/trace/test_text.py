"""Strings and numbers as strace writes them."""

import pytest

from emu.trace.format.text import octal, quoted, signed


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", '"plain"'),
        (b'say "\\"', '"say \\"\\\\\\""'),
        (b"\t\n\v\f\r", '"\\t\\n\\v\\f\\r"'),
        (b"\0\1\0012\xff", '"\\0\\1\\0012\\377"'),
        (b"\x7f", '"\\177"'),
        (b"", '""'),
    ],
)
def test_octal_escapes_are_as_short_as_the_next_byte_allows(data, text):
    assert quoted(data) == text


def test_long_strings_are_cut():
    assert quoted(b"x" * 33, 32) == '"' + "x" * 32 + '"...'
    assert quoted(b"x" * 32, 32) == '"' + "x" * 32 + '"'


def test_a_digit_beyond_the_cut_does_not_lengthen_the_escape():
    assert quoted(b"\0" + b"1", 1) == '"\\0"...'


def test_modes_have_at_least_three_digits():
    assert [octal(mode) for mode in (0, 0o22, 0o644, 0o4755)] == ["000", "022", "0644", "04755"]


def test_words_are_signed_when_their_type_is():
    assert signed(0xFFFFFFFF, 32) == -1
    assert signed(0x7FFFFFFF, 32) == 0x7FFFFFFF
