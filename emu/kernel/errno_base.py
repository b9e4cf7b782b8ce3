"""The errors every Unix has (asm-generic/errno-base.h), and what they derive from."""

from __future__ import annotations

from functools import cache

from emu.arch.abi import Abi


class ErrnoValue(int):
    """An error as C returns it: ``-EINVAL``, in the kernel's own (generic) numbers."""

    error: type[KernelError]

    def __new__(cls, error: type[KernelError]) -> ErrnoValue:
        """The number of an error, negative."""
        value = super().__new__(cls, -generic_numbers()[error.__name__])
        value.error = error
        return value

    def __repr__(self) -> str:
        return f"-{self.error.__name__}"


class KernelErrorType(type):
    """Makes ``-EINVAL`` of an error's class."""

    def __neg__(cls) -> ErrnoValue:
        return ErrnoValue(cls)  # type: ignore[arg-type]


class KernelError(Exception, metaclass=KernelErrorType):
    """Any error that a system call may return to the guest.

    A message, as in ``raise EINVAL("no such operation")``, is for the trace; the guest gets the
    number its own ABI has for the class.
    """

    @classmethod
    def text(cls) -> str:
        """What strerror(3) says of this error."""
        return (cls.__doc__ or cls.__name__).strip().rstrip(".")


class EPERM(KernelError):
    """Operation not permitted."""


class ENOENT(KernelError):
    """No such file or directory."""


class ESRCH(KernelError):
    """No such process."""


class EINTR(KernelError):
    """Interrupted system call."""


class EIO(KernelError):
    """Input/output error."""


class ENXIO(KernelError):
    """No such device or address."""


class E2BIG(KernelError):
    """Argument list too long."""


class ENOEXEC(KernelError):
    """Exec format error."""


class EBADF(KernelError):
    """Bad file descriptor."""


class ECHILD(KernelError):
    """No child processes."""


class EAGAIN(KernelError):
    """Resource temporarily unavailable."""


class ENOMEM(KernelError):
    """Cannot allocate memory."""


class EACCES(KernelError):
    """Permission denied."""


class EFAULT(KernelError):
    """Bad address."""


class ENOTBLK(KernelError):
    """Block device required."""


class EBUSY(KernelError):
    """Device or resource busy."""


class EEXIST(KernelError):
    """File exists."""


class EXDEV(KernelError):
    """Invalid cross-device link."""


class ENODEV(KernelError):
    """No such device."""


class ENOTDIR(KernelError):
    """Not a directory."""


class EISDIR(KernelError):
    """Is a directory."""


class EINVAL(KernelError):
    """Invalid argument."""


class ENFILE(KernelError):
    """Too many open files in system."""


class EMFILE(KernelError):
    """Too many open files."""


class ENOTTY(KernelError):
    """Inappropriate ioctl for device."""


class ETXTBSY(KernelError):
    """Text file busy."""


class EFBIG(KernelError):
    """File too large."""


class ENOSPC(KernelError):
    """No space left on device."""


class ESPIPE(KernelError):
    """Illegal seek."""


class EROFS(KernelError):
    """Read-only file system."""


class EMLINK(KernelError):
    """Too many links."""


class EPIPE(KernelError):
    """Broken pipe."""


class EDOM(KernelError):
    """Numerical argument out of domain."""


class ERANGE(KernelError):
    """Numerical result out of range."""


@cache
def generic_numbers() -> dict[str, int]:
    """Error names to numbers as most ABIs have them: include/uapi/asm-generic/errno.h."""
    return Abi.load("arm64").errno
