"""A short run of the netlink fuzzer, the same each time; ``make fuzz-netlink`` is the long one."""

from tests.fuzz.netlink import run


def test_mutated_messages_get_the_kernels_answer():
    refused = run(1500, seed=1)
    assert 200 < refused < 1500
