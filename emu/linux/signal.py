"""Signals' numbers, the kernel's own. See include/linux/signal.h and sched/signal.h."""

from __future__ import annotations

from emu.kernel.uapi.signal import SIGABRT as SIGABRT
from emu.kernel.uapi.signal import SIGALRM as SIGALRM
from emu.kernel.uapi.signal import SIGBUS as SIGBUS
from emu.kernel.uapi.signal import SIGCHLD as SIGCHLD
from emu.kernel.uapi.signal import SIGCONT as SIGCONT
from emu.kernel.uapi.signal import SIGFPE as SIGFPE
from emu.kernel.uapi.signal import SIGHUP as SIGHUP
from emu.kernel.uapi.signal import SIGILL as SIGILL
from emu.kernel.uapi.signal import SIGINT as SIGINT
from emu.kernel.uapi.signal import SIGIO as SIGIO
from emu.kernel.uapi.signal import SIGKILL as SIGKILL
from emu.kernel.uapi.signal import SIGPIPE as SIGPIPE
from emu.kernel.uapi.signal import SIGPROF as SIGPROF
from emu.kernel.uapi.signal import SIGPWR as SIGPWR
from emu.kernel.uapi.signal import SIGQUIT as SIGQUIT
from emu.kernel.uapi.signal import SIGSEGV as SIGSEGV
from emu.kernel.uapi.signal import SIGSTOP as SIGSTOP
from emu.kernel.uapi.signal import SIGSYS as SIGSYS
from emu.kernel.uapi.signal import SIGTERM as SIGTERM
from emu.kernel.uapi.signal import SIGTRAP as SIGTRAP
from emu.kernel.uapi.signal import SIGTSTP as SIGTSTP
from emu.kernel.uapi.signal import SIGTTIN as SIGTTIN
from emu.kernel.uapi.signal import SIGTTOU as SIGTTOU
from emu.kernel.uapi.signal import SIGURG as SIGURG
from emu.kernel.uapi.signal import SIGUSR1 as SIGUSR1
from emu.kernel.uapi.signal import SIGUSR2 as SIGUSR2
from emu.kernel.uapi.signal import SIGVTALRM as SIGVTALRM
from emu.kernel.uapi.signal import SIGWINCH as SIGWINCH
from emu.kernel.uapi.signal import SIGXCPU as SIGXCPU
from emu.kernel.uapi.signal import SIGXFSZ as SIGXFSZ
from emu.linux.sched import fatal_signal_pending as fatal_signal_pending
from emu.linux.sched import send_sig as send_sig
from emu.linux.sched import signal_pending as signal_pending
