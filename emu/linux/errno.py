"""Errors: ``return -EINVAL`` as in C, or ``raise EINVAL``. See include/linux/errno.h."""

from __future__ import annotations

from emu.kernel.errno import E2BIG as E2BIG
from emu.kernel.errno import EACCES as EACCES
from emu.kernel.errno import EADDRINUSE as EADDRINUSE
from emu.kernel.errno import EADDRNOTAVAIL as EADDRNOTAVAIL
from emu.kernel.errno import EADV as EADV
from emu.kernel.errno import EAFNOSUPPORT as EAFNOSUPPORT
from emu.kernel.errno import EAGAIN as EAGAIN
from emu.kernel.errno import EALREADY as EALREADY
from emu.kernel.errno import EBADE as EBADE
from emu.kernel.errno import EBADF as EBADF
from emu.kernel.errno import EBADFD as EBADFD
from emu.kernel.errno import EBADMSG as EBADMSG
from emu.kernel.errno import EBADR as EBADR
from emu.kernel.errno import EBADRQC as EBADRQC
from emu.kernel.errno import EBADSLT as EBADSLT
from emu.kernel.errno import EBFONT as EBFONT
from emu.kernel.errno import EBUSY as EBUSY
from emu.kernel.errno import ECANCELED as ECANCELED
from emu.kernel.errno import ECHILD as ECHILD
from emu.kernel.errno import ECHRNG as ECHRNG
from emu.kernel.errno import ECOMM as ECOMM
from emu.kernel.errno import ECONNABORTED as ECONNABORTED
from emu.kernel.errno import ECONNREFUSED as ECONNREFUSED
from emu.kernel.errno import ECONNRESET as ECONNRESET
from emu.kernel.errno import EDEADLK as EDEADLK
from emu.kernel.errno import EDESTADDRREQ as EDESTADDRREQ
from emu.kernel.errno import EDOM as EDOM
from emu.kernel.errno import EDOTDOT as EDOTDOT
from emu.kernel.errno import EDQUOT as EDQUOT
from emu.kernel.errno import EEXIST as EEXIST
from emu.kernel.errno import EFAULT as EFAULT
from emu.kernel.errno import EFBIG as EFBIG
from emu.kernel.errno import EHOSTDOWN as EHOSTDOWN
from emu.kernel.errno import EHOSTUNREACH as EHOSTUNREACH
from emu.kernel.errno import EHWPOISON as EHWPOISON
from emu.kernel.errno import EIDRM as EIDRM
from emu.kernel.errno import EILSEQ as EILSEQ
from emu.kernel.errno import EINPROGRESS as EINPROGRESS
from emu.kernel.errno import EINTR as EINTR
from emu.kernel.errno import EINVAL as EINVAL
from emu.kernel.errno import EIO as EIO
from emu.kernel.errno import EISCONN as EISCONN
from emu.kernel.errno import EISDIR as EISDIR
from emu.kernel.errno import EISNAM as EISNAM
from emu.kernel.errno import EKEYEXPIRED as EKEYEXPIRED
from emu.kernel.errno import EKEYREJECTED as EKEYREJECTED
from emu.kernel.errno import EKEYREVOKED as EKEYREVOKED
from emu.kernel.errno import EL2HLT as EL2HLT
from emu.kernel.errno import EL2NSYNC as EL2NSYNC
from emu.kernel.errno import EL3HLT as EL3HLT
from emu.kernel.errno import EL3RST as EL3RST
from emu.kernel.errno import ELIBACC as ELIBACC
from emu.kernel.errno import ELIBBAD as ELIBBAD
from emu.kernel.errno import ELIBEXEC as ELIBEXEC
from emu.kernel.errno import ELIBMAX as ELIBMAX
from emu.kernel.errno import ELIBSCN as ELIBSCN
from emu.kernel.errno import ELNRNG as ELNRNG
from emu.kernel.errno import ELOOP as ELOOP
from emu.kernel.errno import EMEDIUMTYPE as EMEDIUMTYPE
from emu.kernel.errno import EMFILE as EMFILE
from emu.kernel.errno import EMLINK as EMLINK
from emu.kernel.errno import EMSGSIZE as EMSGSIZE
from emu.kernel.errno import EMULTIHOP as EMULTIHOP
from emu.kernel.errno import ENAMETOOLONG as ENAMETOOLONG
from emu.kernel.errno import ENAVAIL as ENAVAIL
from emu.kernel.errno import ENETDOWN as ENETDOWN
from emu.kernel.errno import ENETRESET as ENETRESET
from emu.kernel.errno import ENETUNREACH as ENETUNREACH
from emu.kernel.errno import ENFILE as ENFILE
from emu.kernel.errno import ENOANO as ENOANO
from emu.kernel.errno import ENOBUFS as ENOBUFS
from emu.kernel.errno import ENOCSI as ENOCSI
from emu.kernel.errno import ENODATA as ENODATA
from emu.kernel.errno import ENODEV as ENODEV
from emu.kernel.errno import ENOENT as ENOENT
from emu.kernel.errno import ENOEXEC as ENOEXEC
from emu.kernel.errno import ENOKEY as ENOKEY
from emu.kernel.errno import ENOLCK as ENOLCK
from emu.kernel.errno import ENOLINK as ENOLINK
from emu.kernel.errno import ENOMEDIUM as ENOMEDIUM
from emu.kernel.errno import ENOMEM as ENOMEM
from emu.kernel.errno import ENOMSG as ENOMSG
from emu.kernel.errno import ENONET as ENONET
from emu.kernel.errno import ENOPKG as ENOPKG
from emu.kernel.errno import ENOPROTOOPT as ENOPROTOOPT
from emu.kernel.errno import ENOSPC as ENOSPC
from emu.kernel.errno import ENOSR as ENOSR
from emu.kernel.errno import ENOSTR as ENOSTR
from emu.kernel.errno import ENOSYS as ENOSYS
from emu.kernel.errno import ENOTBLK as ENOTBLK
from emu.kernel.errno import ENOTCONN as ENOTCONN
from emu.kernel.errno import ENOTDIR as ENOTDIR
from emu.kernel.errno import ENOTEMPTY as ENOTEMPTY
from emu.kernel.errno import ENOTNAM as ENOTNAM
from emu.kernel.errno import ENOTRECOVERABLE as ENOTRECOVERABLE
from emu.kernel.errno import ENOTSOCK as ENOTSOCK
from emu.kernel.errno import ENOTTY as ENOTTY
from emu.kernel.errno import ENOTUNIQ as ENOTUNIQ
from emu.kernel.errno import ENXIO as ENXIO
from emu.kernel.errno import EOPNOTSUPP as EOPNOTSUPP
from emu.kernel.errno import EOVERFLOW as EOVERFLOW
from emu.kernel.errno import EOWNERDEAD as EOWNERDEAD
from emu.kernel.errno import EPERM as EPERM
from emu.kernel.errno import EPFNOSUPPORT as EPFNOSUPPORT
from emu.kernel.errno import EPIPE as EPIPE
from emu.kernel.errno import EPROTO as EPROTO
from emu.kernel.errno import EPROTONOSUPPORT as EPROTONOSUPPORT
from emu.kernel.errno import EPROTOTYPE as EPROTOTYPE
from emu.kernel.errno import ERANGE as ERANGE
from emu.kernel.errno import EREMCHG as EREMCHG
from emu.kernel.errno import EREMOTE as EREMOTE
from emu.kernel.errno import EREMOTEIO as EREMOTEIO
from emu.kernel.errno import ERESTART as ERESTART
from emu.kernel.errno import ERFKILL as ERFKILL
from emu.kernel.errno import EROFS as EROFS
from emu.kernel.errno import ESHUTDOWN as ESHUTDOWN
from emu.kernel.errno import ESOCKTNOSUPPORT as ESOCKTNOSUPPORT
from emu.kernel.errno import ESPIPE as ESPIPE
from emu.kernel.errno import ESRCH as ESRCH
from emu.kernel.errno import ESRMNT as ESRMNT
from emu.kernel.errno import ESTALE as ESTALE
from emu.kernel.errno import ESTRPIPE as ESTRPIPE
from emu.kernel.errno import ETIME as ETIME
from emu.kernel.errno import ETIMEDOUT as ETIMEDOUT
from emu.kernel.errno import ETOOMANYREFS as ETOOMANYREFS
from emu.kernel.errno import ETXTBSY as ETXTBSY
from emu.kernel.errno import EUCLEAN as EUCLEAN
from emu.kernel.errno import EUNATCH as EUNATCH
from emu.kernel.errno import EUSERS as EUSERS
from emu.kernel.errno import EXDEV as EXDEV
from emu.kernel.errno import EXFULL as EXFULL
from emu.kernel.module.guard import ProbeDeferValue, RestartValue


class RestartSys:
    """What a wait returns, negated, that a signal broke: ``return -ERESTARTSYS``."""

    def __neg__(self) -> RestartValue:
        return RestartValue()


class ProbeDefer:
    """What a probe returns, negated, that wants to be called again: ``return -EPROBE_DEFER``."""

    def __neg__(self) -> ProbeDeferValue:
        return ProbeDeferValue()


ERESTARTSYS = RestartSys()
EPROBE_DEFER = ProbeDefer()
