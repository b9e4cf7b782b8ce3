from tests.unit.vfs.conftest import any_guest, guest

__all__ = ["any_guest", "guest"]
