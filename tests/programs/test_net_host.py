"""``emu run --net``: what of the host's network a guest reaches, and what it does not."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.running import ROOT, emu
from tests.support.toolchain import build_with_libc, or_skip

SOURCE = Path(__file__).parent / "net_host.c"
ABIS = ["arm64", "mips-o32"]
HOST = "10.0.2.2"
"""The host's own loopback, as the guest calls it."""

# Runs `emu` in a Python whose sockets cannot be made.
WITHOUT_SOCKETS = """
import socket, sys
def refuse(*arguments, **named):
    raise AssertionError("a socket of the host")
socket.socket.__init__ = refuse
from emu.cli import main
sys.exit(main())
"""


def guest(abi: str, *words: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    end = emu(str(or_skip(build_with_libc, SOURCE, abi)), *words, options=options)
    return end.status, end.output.decode().strip(), end.errors


@contextmanager
def answering(type: socket.SocketKind) -> Iterator[int]:
    """A server of the host's that answers one message: its port."""
    with socket.socket(socket.AF_INET, type) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)

        def answer_stream():
            try:
                connection, _ = server.accept()
            except OSError:  # closed: nobody came, as some tests want
                return
            with connection:
                connection.sendall(b"pong to " + connection.recv(64))

        def answer_datagram():
            data, sender = server.recvfrom(64)
            server.sendto(b"pong to " + data, sender)

        stream = type == socket.SOCK_STREAM
        if stream:
            server.listen()
        thread = threading.Thread(target=answer_stream if stream else answer_datagram)
        thread.daemon = True
        thread.start()
        yield server.getsockname()[1]


@pytest.mark.parametrize("abi", ABIS)
@pytest.mark.parametrize("kind", ["connect", "udp"])
def test_what_is_allowed_is_reached(abi, kind):
    type = socket.SOCK_STREAM if kind == "connect" else socket.SOCK_DGRAM
    with answering(type) as port:
        options = ("--net", "host", "--allow", f"{HOST}:{port}")
        assert guest(abi, kind, HOST, str(port), options=options)[:2] == (0, "pong to ping")


def test_what_no_rule_allows_is_not_reached_and_the_owner_is_told():
    with answering(socket.SOCK_STREAM) as port:
        options = ("--net", "host", "--allow", f"{HOST}:{port + 1}")
        status, output, errors = guest("arm64", "connect", HOST, str(port), options=options)
    assert (status, output) == (1, "connect: EHOSTUNREACH")
    assert f"no --allow rule lets it reach {HOST}:{port}" in errors


def test_a_port_that_the_host_refuses_is_refused():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        options = ("--net", "host", "--allow", "*:*")
        assert guest("arm64", "connect", HOST, str(port), options=options)[:2] == (
            1,
            "connect: ECONNREFUSED",
        )


def test_without_the_option_there_is_no_way_out():
    with answering(socket.SOCK_STREAM) as port:
        assert guest("arm64", "connect", HOST, str(port))[:2] == (1, "connect: ENETUNREACH")
        assert guest("arm64", "connect", "127.0.0.1", str(port))[:2] == (1, "connect: ECONNREFUSED")


@pytest.mark.parametrize("words", [("connect", "127.0.0.1", "80"), ("udp", "192.0.2.1", "53")])
def test_without_the_option_no_socket_of_the_host_is_made(words):
    program = str(or_skip(build_with_libc, SOURCE, "arm64"))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SOCKETS, "run", program, *words],
        capture_output=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.decode().strip() in ("connect: ECONNREFUSED", "connect: ENETUNREACH")
    assert b"a socket of the host" not in done.stderr


@pytest.mark.parametrize("abi", ABIS)
def test_a_published_port_leads_to_the_guest(abi):
    program = str(or_skip(build_with_libc, SOURCE, abi))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    command = [sys.executable, "-m", "emu", "run", "--net", "host", "--publish", f"{port}:8000"]
    data = bytes(range(256)) * 2000
    with subprocess.Popen(
        [*command, program, "serve", "8000"], stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout.readline() == b"listening\n"
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:

            def send():
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)

            threading.Thread(target=send).start()
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert process.wait(60) == 0
    assert answer == data


@pytest.mark.parametrize(
    "options", [("--allow", "*:*"), ("--net", "host", "--allow", "nowhere"), ("--publish", "1:2")]
)
def test_options_that_make_no_sense_are_refused(options):
    end = emu("/bin/true", options=options)
    assert end.status == 2
