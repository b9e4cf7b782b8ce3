"""The struct codec."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emu.arch.layout import Layout
from tests.abi.loading import load

ABIS = [("x86-64", "little"), ("i386", "little"), ("mips-o32", "big"), ("mips-n64", "little")]
SOME = """
stat rusage sysinfo epoll_event new_utsname sigaction sockaddr_in6 tcphdr perf_event_attr termios
statx linux_dirent64 itimerval sigaltstack shmid64_ds flock64
""".split()  # noqa: SIM905


def value_of(field):
    """A strategy for the value of one field."""
    if field.width:
        return st.integers(0, (1 << field.width) - 1)
    if field.nested is not None:
        one = values_of(field.nested)
        return (
            one
            if field.count is None
            else st.lists(one, min_size=field.count, max_size=field.count)
        )
    if field.is_bytes:
        return st.binary(min_size=field.size, max_size=field.size)
    bits = 8 * field.element_size
    low, high = (
        (-(1 << bits - 1), (1 << bits - 1) - 1) if field.format.islower() else (0, (1 << bits) - 1)
    )
    one = st.integers(low, high)
    return one if field.count is None else st.lists(one, min_size=field.count, max_size=field.count)


def values_of(layout):
    """A strategy for the values of all fields that overlap no other."""
    chosen, taken = {}, 0
    for field in layout.fields.values():
        if field.width:
            # which bytes a bit-field is in depends on the byte order; any claim of the unit will do
            bits = (1 << field.width) - 1 << field.shift + 8 * field.offset
        else:
            bits = (1 << 8 * field.size) - 1 << 8 * field.offset
        if not bits & taken:
            chosen[field.name] = value_of(field)
            taken |= bits
    return st.fixed_dictionaries(chosen)


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize(("abi", "order"), ABIS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_what_is_packed_is_unpacked(abi, order, name, data):
    layout = load(abi, order).layout(name)
    values = data.draw(values_of(layout))
    packed = layout.pack(**values)
    assert len(packed) == layout.size
    assert values.items() <= layout.unpack(packed).items() or matches(values, layout.unpack(packed))


def matches(given, found):
    """Like equality, but nested structs may have more fields than were given."""
    if isinstance(given, dict):
        return all(matches(value, found[name]) for name, value in given.items())
    if isinstance(given, list):
        return len(given) == len(found) and all(map(matches, given, found))
    return given == found


def layout(name: str, abi: str = "x86-64") -> Layout:
    return load(abi).layout(name)


def test_fields_that_are_not_given_are_zero():
    assert layout("flock").pack() == bytes(32)


def test_a_value_lands_at_its_offset_in_the_abis_byte_order():
    assert layout("stat").pack(st_mode=0o100644)[24:28] == (0o100644).to_bytes(4, "little")
    assert layout("stat", "mips-n64").pack(st_mode=0o100644)[24:28] == (0o100644).to_bytes(4, "big")


def test_nested_fields_may_be_given_as_a_mapping_or_by_dotted_names():
    rusage = layout("rusage")
    dotted = rusage.pack(**{"ru_utime.tv_sec": 7})
    assert dotted == rusage.pack(ru_utime={"tv_sec": 7})
    assert rusage.unpack(dotted)["ru_utime"] == {"tv_sec": 7, "tv_usec": 0}


def test_byte_arrays_take_and_give_bytes_of_their_full_length():
    utsname = layout("new_utsname")
    packed = utsname.pack(sysname=b"Linux")
    assert packed[:6] == b"Linux\0"
    assert utsname.unpack(packed)["sysname"] == b"Linux".ljust(65, b"\0")


def test_a_value_that_does_not_fit_names_its_field():
    with pytest.raises(OverflowError, match=r"stat\.st_nlink"):
        layout("stat", "i386").pack(st_nlink=1 << 16)
    with pytest.raises(OverflowError, match="st_mode"):
        layout("stat").pack(st_mode=-1)
    with pytest.raises(OverflowError, match="sysname"):
        layout("new_utsname").pack(sysname=bytes(66))
    with pytest.raises(OverflowError, match="precise_ip"):
        layout("perf_event_attr").pack(precise_ip=4)
    with pytest.raises(OverflowError, match="loads"):
        layout("sysinfo").pack(loads=[1, 2, 3, 4])


@pytest.mark.parametrize("abi", ["x86-64", "i386", "arm64", "mips-o32"])
def test_a_struct_read_at_once_is_what_its_fields_are_alone(abi):
    raw = bytes(range(1, 256)) * 40
    compared = 0
    for name in load(abi).layout_names():
        one = layout(name, abi)
        found = one.unpack(raw, 3)
        assert list(found) == list(one.fields)
        for field in one.fields.values():
            if field.nested is None and not field.width and field.count is None:
                offset, code = one.field(field.name)
                value = struct.unpack_from(code, raw, 3 + offset)[0]
                assert found[field.name] == value or value != value, (name, field.name)
                compared += 1
    assert compared > 1000


def test_an_unknown_field_is_refused():
    with pytest.raises(KeyError, match="st_colour"):
        layout("stat").pack(st_colour=1)
    with pytest.raises(KeyError, match="nonsense"):
        layout("rusage").pack(**{"ru_utime.nonsense": 1})
    with pytest.raises(KeyError):
        layout("stat").field("st_size.low")


def test_bit_fields_share_their_word():
    attr = layout("perf_event_attr").pack(disabled=1, precise_ip=2)
    assert int.from_bytes(attr[40:48], "little") == 1 | 2 << 15


def test_a_buffer_that_is_too_short_is_refused():
    with pytest.raises(struct.error):
        layout("stat").unpack(bytes(143))
    assert layout("flock").unpack(bytes(40), 8)["l_pid"] == 0


def test_a_field_tells_its_offset_and_struct_format():
    assert layout("stat").field("st_size") == (48, "<q")
    assert layout("rusage", "mips-o32").field("ru_stime.tv_usec") == (12, ">i")
    assert layout("epoll_event").field("data") == (4, "<Q")
    assert layout("sysinfo").field("loads") == (8, "<3Q")


def test_a_packer_does_what_pack_does():
    stat = layout("stat", "mips-o32")
    packer = stat.packer("st_ino", "st_mode", "st_size")
    assert packer(5, 0o644, 99) == stat.pack(st_ino=5, st_mode=0o644, st_size=99)


def test_a_packer_takes_its_fields_in_any_order():
    stat = layout("stat")
    assert stat.packer("st_size", "st_dev")(3, 4) == stat.pack(st_size=3, st_dev=4)


def test_a_packer_refuses_overlapping_fields_and_bit_fields():
    with pytest.raises(ValueError, match="overlap"):
        layout("perf_event_attr").packer("sample_period", "sample_freq")
    with pytest.raises(KeyError):
        layout("perf_event_attr").packer("disabled")


def test_the_given_member_of_a_union_wins():
    attr = layout("perf_event_attr").pack(sample_freq=9)
    assert layout("perf_event_attr").unpack(attr)["sample_period"] == 9
