from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.unit.cpu.support import Guest


@pytest.fixture(params=[True, False], ids=["window", "fallback"])
def window(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def guest(window: bool) -> Iterator[Callable[..., Guest]]:
    """Makes guests, whose engines are given back when the test ends."""
    made: list[Guest] = []

    def make(isa: str, **options: object) -> Guest:
        made.append(Guest(isa, window=window, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.cpu.close()
