"""A short run of the socket fuzzer, the same each time; ``make fuzz-sockets`` is the long one."""

from tests.fuzz.sockets import run


def test_random_socket_calls_get_the_kernels_answer():
    run(6000, seed=1)
