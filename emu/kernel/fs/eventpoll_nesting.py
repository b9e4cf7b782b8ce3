"""Which epolls may watch which: no loops, no deep nests, no fans. See ep_loop_check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.eventpoll import EPOLL, Epoll

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File

EP_MAX_NESTS = 4
PATH_LIMITS = (1000, 500, 100, 50, 10)
"""How many ways a file's wake-up may take through so many epolls; see path_limits."""

_TOO_DEEP = EP_MAX_NESTS + 1


def is_epoll(file: File) -> bool:
    """Whether an open file is an epoll."""
    return file.f_op is EPOLL


def may_nest(outer: Epoll, inner: Epoll) -> bool:
    """Whether one epoll may watch another: no loop, and no more than EP_MAX_NESTS in a row."""
    below = _depth_below(inner, outer, 0, {})
    if below > EP_MAX_NESTS:
        return False
    return below + 1 + _depth_above(outer, {}) <= EP_MAX_NESTS


def has_too_many_paths(file: File) -> bool:
    """Whether a wake-up of a file, or of one that an epoll reaches, would go too many ways."""
    return any(not _paths_are_few(leaf) for leaf in _leaves(file, {}))


def _depth_below(epoll: Epoll, forbidden: Epoll, depth: int, known: dict[Epoll, int]) -> int:
    if epoll in known:
        return known[epoll]
    if epoll is forbidden:
        return _TOO_DEEP
    result = 0
    for file in _files(epoll):
        if is_epoll(file):
            if file.private_data is forbidden or depth > EP_MAX_NESTS:
                result = _TOO_DEEP
            else:
                below = _depth_below(file.private_data, forbidden, depth + 1, known)
                result = max(result, below + 1)
            if result > EP_MAX_NESTS:
                break
    known[epoll] = result
    return result


def _depth_above(epoll: Epoll, known: dict[Epoll, int]) -> int:
    if epoll not in known:
        above = [_depth_above(entry.epoll, known) + 1 for entry in epoll.file.epoll_entries or ()]
        known[epoll] = max(above, default=0)
    return known[epoll]


def _leaves(file: File, seen: dict[File, None]) -> list[File]:
    """The files that are no epolls, from this one downwards."""
    if file in seen:
        return []
    seen[file] = None
    if not is_epoll(file):
        return [file]
    return [leaf for watched in _files(file.private_data) for leaf in _leaves(watched, seen)]


def _paths_are_few(file: File) -> bool:
    counts = [0] * len(PATH_LIMITS)

    def count(watched: File, depth: int) -> bool:
        if depth > EP_MAX_NESTS:
            return False
        for entry in watched.epoll_entries or ():
            around = entry.epoll.file
            if around.epoll_entries:
                if not count(around, depth + 1):
                    return False
            elif depth:
                counts[depth] += 1
                if counts[depth] > PATH_LIMITS[depth]:
                    return False
        return True

    return count(file, 0)


def _files(epoll: Epoll) -> list[File]:
    return [entry.file for entry in epoll.entries.values()]
