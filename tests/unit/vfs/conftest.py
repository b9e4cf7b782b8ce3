import pytest

from tests.unit.vfs.guest import ABIS, Guest


@pytest.fixture
def guest():
    return Guest()


@pytest.fixture(params=ABIS)
def any_guest(request):
    return Guest(request.param)
