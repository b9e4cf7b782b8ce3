"""Kernel errors: one exception class per errno, raised as in ``raise ENOENT``.

An error is symbolic here; it becomes a number, in the caller's own ABI, only when the trap
returns (see `emu.kernel.trap`). The first line of each class is what strerror(3) says.
"""

from __future__ import annotations

from emu.kernel.errno_base import E2BIG as E2BIG
from emu.kernel.errno_base import EACCES as EACCES
from emu.kernel.errno_base import EAGAIN as EAGAIN
from emu.kernel.errno_base import EBADF as EBADF
from emu.kernel.errno_base import EBUSY as EBUSY
from emu.kernel.errno_base import ECHILD as ECHILD
from emu.kernel.errno_base import EDOM as EDOM
from emu.kernel.errno_base import EEXIST as EEXIST
from emu.kernel.errno_base import EFAULT as EFAULT
from emu.kernel.errno_base import EFBIG as EFBIG
from emu.kernel.errno_base import EINTR as EINTR
from emu.kernel.errno_base import EINVAL as EINVAL
from emu.kernel.errno_base import EIO as EIO
from emu.kernel.errno_base import EISDIR as EISDIR
from emu.kernel.errno_base import EMFILE as EMFILE
from emu.kernel.errno_base import EMLINK as EMLINK
from emu.kernel.errno_base import ENFILE as ENFILE
from emu.kernel.errno_base import ENODEV as ENODEV
from emu.kernel.errno_base import ENOENT as ENOENT
from emu.kernel.errno_base import ENOEXEC as ENOEXEC
from emu.kernel.errno_base import ENOMEM as ENOMEM
from emu.kernel.errno_base import ENOSPC as ENOSPC
from emu.kernel.errno_base import ENOTBLK as ENOTBLK
from emu.kernel.errno_base import ENOTDIR as ENOTDIR
from emu.kernel.errno_base import ENOTTY as ENOTTY
from emu.kernel.errno_base import ENXIO as ENXIO
from emu.kernel.errno_base import EPERM as EPERM
from emu.kernel.errno_base import EPIPE as EPIPE
from emu.kernel.errno_base import ERANGE as ERANGE
from emu.kernel.errno_base import EROFS as EROFS
from emu.kernel.errno_base import ESPIPE as ESPIPE
from emu.kernel.errno_base import ESRCH as ESRCH
from emu.kernel.errno_base import ETXTBSY as ETXTBSY
from emu.kernel.errno_base import EXDEV as EXDEV
from emu.kernel.errno_base import KernelError as KernelError
from emu.kernel.restart import Restart as Restart


class EDEADLK(KernelError):
    """Resource deadlock avoided."""


class ENAMETOOLONG(KernelError):
    """File name too long."""


class ENOLCK(KernelError):
    """No locks available."""


class ENOSYS(KernelError):
    """Function not implemented."""


class ENOTEMPTY(KernelError):
    """Directory not empty."""


class ELOOP(KernelError):
    """Too many levels of symbolic links."""


class ENOMSG(KernelError):
    """No message of desired type."""


class EIDRM(KernelError):
    """Identifier removed."""


class ECHRNG(KernelError):
    """Channel number out of range."""


class EL2NSYNC(KernelError):
    """Level 2 not synchronized."""


class EL3HLT(KernelError):
    """Level 3 halted."""


class EL3RST(KernelError):
    """Level 3 reset."""


class ELNRNG(KernelError):
    """Link number out of range."""


class EUNATCH(KernelError):
    """Protocol driver not attached."""


class ENOCSI(KernelError):
    """No CSI structure available."""


class EL2HLT(KernelError):
    """Level 2 halted."""


class EBADE(KernelError):
    """Invalid exchange."""


class EBADR(KernelError):
    """Invalid request descriptor."""


class EXFULL(KernelError):
    """Exchange full."""


class ENOANO(KernelError):
    """No anode."""


class EBADRQC(KernelError):
    """Invalid request code."""


class EBADSLT(KernelError):
    """Invalid slot."""


class EBFONT(KernelError):
    """Bad font file format."""


class ENOSTR(KernelError):
    """Device not a stream."""


class ENODATA(KernelError):
    """No data available."""


class ETIME(KernelError):
    """Timer expired."""


class ENOSR(KernelError):
    """Out of streams resources."""


class ENONET(KernelError):
    """Machine is not on the network."""


class ENOPKG(KernelError):
    """Package not installed."""


class EREMOTE(KernelError):
    """Object is remote."""


class ENOLINK(KernelError):
    """Link has been severed."""


class EADV(KernelError):
    """Advertise error."""


class ESRMNT(KernelError):
    """Srmount error."""


class ECOMM(KernelError):
    """Communication error on send."""


class EPROTO(KernelError):
    """Protocol error."""


class EMULTIHOP(KernelError):
    """Multihop attempted."""


class EDOTDOT(KernelError):
    """RFS specific error."""


class EBADMSG(KernelError):
    """Bad message."""


class EOVERFLOW(KernelError):
    """Value too large for defined data type."""


class ENOTUNIQ(KernelError):
    """Name not unique on network."""


class EBADFD(KernelError):
    """File descriptor in bad state."""


class EREMCHG(KernelError):
    """Remote address changed."""


class ELIBACC(KernelError):
    """Can not access a needed shared library."""


class ELIBBAD(KernelError):
    """Accessing a corrupted shared library."""


class ELIBSCN(KernelError):
    """.lib section in a.out corrupted."""


class ELIBMAX(KernelError):
    """Attempting to link in too many shared libraries."""


class ELIBEXEC(KernelError):
    """Cannot exec a shared library directly."""


class EILSEQ(KernelError):
    """Invalid or incomplete multibyte or wide character."""


class ERESTART(KernelError):
    """Interrupted system call should be restarted."""


class ESTRPIPE(KernelError):
    """Streams pipe error."""


class EUSERS(KernelError):
    """Too many users."""


class ENOTSOCK(KernelError):
    """Socket operation on non-socket."""


class EDESTADDRREQ(KernelError):
    """Destination address required."""


class EMSGSIZE(KernelError):
    """Message too long."""


class EPROTOTYPE(KernelError):
    """Protocol wrong type for socket."""


class ENOPROTOOPT(KernelError):
    """Protocol not available."""


class EPROTONOSUPPORT(KernelError):
    """Protocol not supported."""


class ESOCKTNOSUPPORT(KernelError):
    """Socket type not supported."""


class EOPNOTSUPP(KernelError):
    """Operation not supported."""


class EPFNOSUPPORT(KernelError):
    """Protocol family not supported."""


class EAFNOSUPPORT(KernelError):
    """Address family not supported by protocol."""


class EADDRINUSE(KernelError):
    """Address already in use."""


class EADDRNOTAVAIL(KernelError):
    """Cannot assign requested address."""


class ENETDOWN(KernelError):
    """Network is down."""


class ENETUNREACH(KernelError):
    """Network is unreachable."""


class ENETRESET(KernelError):
    """Network dropped connection on reset."""


class ECONNABORTED(KernelError):
    """Software caused connection abort."""


class ECONNRESET(KernelError):
    """Connection reset by peer."""


class ENOBUFS(KernelError):
    """No buffer space available."""


class EISCONN(KernelError):
    """Transport endpoint is already connected."""


class ENOTCONN(KernelError):
    """Transport endpoint is not connected."""


class ESHUTDOWN(KernelError):
    """Cannot send after transport endpoint shutdown."""


class ETOOMANYREFS(KernelError):
    """Too many references: cannot splice."""


class ETIMEDOUT(KernelError):
    """Connection timed out."""


class ECONNREFUSED(KernelError):
    """Connection refused."""


class EHOSTDOWN(KernelError):
    """Host is down."""


class EHOSTUNREACH(KernelError):
    """No route to host."""


class EALREADY(KernelError):
    """Operation already in progress."""


class EINPROGRESS(KernelError):
    """Operation now in progress."""


class ESTALE(KernelError):
    """Stale file handle."""


class EUCLEAN(KernelError):
    """Structure needs cleaning."""


class ENOTNAM(KernelError):
    """Not a XENIX named type file."""


class ENAVAIL(KernelError):
    """No XENIX semaphores available."""


class EISNAM(KernelError):
    """Is a named type file."""


class EREMOTEIO(KernelError):
    """Remote I/O error."""


class EDQUOT(KernelError):
    """Disk quota exceeded."""


class ENOMEDIUM(KernelError):
    """No medium found."""


class EMEDIUMTYPE(KernelError):
    """Wrong medium type."""


class ECANCELED(KernelError):
    """Operation canceled."""


class ENOKEY(KernelError):
    """Required key not available."""


class EKEYEXPIRED(KernelError):
    """Key has expired."""


class EKEYREVOKED(KernelError):
    """Key has been revoked."""


class EKEYREJECTED(KernelError):
    """Key was rejected by service."""


class EOWNERDEAD(KernelError):
    """Owner died."""


class ENOTRECOVERABLE(KernelError):
    """State not recoverable."""


class ERFKILL(KernelError):
    """Operation not possible due to RF-kill."""


class EHWPOISON(KernelError):
    """Memory page has hardware error."""


EWOULDBLOCK = EAGAIN
EDEADLOCK = EDEADLK
