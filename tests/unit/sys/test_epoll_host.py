"""Epolls that watch the host's descriptors: the host says what is, not what changed."""

import os

import pytest

from emu.kernel.fs.setup import open_stdio
from tests.unit.sys.test_epoll import ADD, ET, IN, EpollGuest


@pytest.fixture
def outside():
    r, w = os.pipe()
    yield r, w
    os.close(r)
    os.close(w)


@pytest.fixture
def g(outside):
    guest = EpollGuest()
    guest.task.files = open_stdio(guest.kernel, (outside[0],))
    return guest


def test_a_host_pipe_becomes_ready(g, outside):
    ep = g.sys("epoll_create1", 0)
    g.ctl(ep, ADD, 0, IN, 5)
    assert g.wait(ep) == []
    os.write(outside[1], b"x")
    assert g.wait(ep) == [(IN, 5)]
    assert g.wait(ep) == [(IN, 5)]
    g.read(0)
    assert g.wait(ep) == []
    os.write(outside[1], b"y")
    assert g.wait(ep) == [(IN, 5)]


def test_an_edge_comes_once_until_it_is_read(g, outside):
    ep = g.sys("epoll_create1", 0)
    g.ctl(ep, ADD, 0, IN | ET, 5)
    os.write(outside[1], b"x")
    assert len(g.wait(ep)) == 1
    assert g.wait(ep) == []
    g.kernel.sched.look_at_host()
    assert g.wait(ep) == []
    g.read(0)
    os.write(outside[1], b"y")
    assert len(g.wait(ep)) == 1


def test_the_machine_waits_for_the_host_only_while_somebody_waits(g, outside):
    ep = g.sys("epoll_create1", 0)
    g.ctl(ep, ADD, 0, IN, 5)
    host = g.kernel.sched._host
    assert not host
    call = g.start_wait(ep)
    queue = call.send(None).queues[0]
    woken = []

    class Sleeper:
        exclusive = False

        def wake(self):
            queue.remove(self)
            woken.append(True)

    queue.add(Sleeper())
    assert host
    os.write(outside[1], b"x")
    host.poll(None)
    assert woken == [True]
    assert not host


def test_a_poll_leaves_no_watcher_behind(g, outside):
    g.put("pollfd", fd=0, events=1)
    g.kernel.sched.current = g.task
    assert g.call("sys_poll", g.buffer, 1, 10) == 0
    assert not any(queue.watchers for queue in g.kernel.sched.host_queues(outside[0]))
