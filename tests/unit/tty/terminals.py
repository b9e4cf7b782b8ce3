"""Programs with terminals: sessions, jobs and pseudo-terminals, without a CPU."""

from emu.kernel.uapi.signal import SIGCONT, SIGHUP, SIGINT, SIGTTIN, SIGTTOU, SIGWINCH
from tests.unit.vfs.guest import Guest

__all__ = ["SIGCONT", "SIGHUP", "SIGINT", "SIGTTIN", "SIGTTOU", "SIGWINCH", "Program"]


class Program(Guest):
    """A process that can have children, and that knows terminals."""

    def child(self, abi=None, group=None):
        """A new process: in this one's session and group, or in one of its own."""
        new = Program(abi or self.abi.name, beside=self, uid=self.task.cred.euid)
        new.task.parent = self.task
        self.task.group.children[new.task] = None
        new.task.group.sid = self.task.sid
        new.task.group.pgid = new.task.tgid if group == "own" else group or self.task.pgid
        new.task.group.tty = self.task.group.tty
        new.task.files = self.task.files.fork()
        return new

    def ioctl(self, fd, name, argument=None):
        """A command by name; a number is put into memory unless the command takes it itself."""
        if isinstance(argument, int):
            self.mm.write_u32(self.buffer, argument & 0xFFFFFFFF)
        elif argument is not None:
            self.mm.write(self.buffer, argument)
        return self.sys("ioctl", fd, self.abi.constant(name), self.buffer)

    def ask(self, fd, name):
        """The number that a command tells, or the error."""
        self.mm.write_u32(self.buffer, 0xEEEEEEEE)
        got = self.ioctl(fd, name)
        return self.mm.read_u32(self.buffer) if got == 0 else got

    def direct(self, fd, name, argument=0):
        """A command whose argument is a number."""
        return self.sys("ioctl", fd, self.abi.constant(name), argument)

    def open_pair(self, flags="O_RDWR|O_NOCTTY"):
        """A pseudo-terminal: master, slave and its name."""
        master = self.open("/dev/ptmx", "O_RDWR|O_NONBLOCK")
        assert isinstance(master, int), master
        assert self.ioctl(master, "TIOCSPTLCK", 0) == 0
        name = f"/dev/pts/{self.ask(master, 'TIOCGPTN')}"
        slave = self.open(name, flags + "|O_NONBLOCK")
        return master, slave, name

    def lead_session(self):
        """A pseudo-terminal that is this session's controlling terminal."""
        return self.open_pair("O_RDWR")

    def termios(self, fd, struct="termios", command="TCGETS"):
        assert self.ioctl(fd, command) == 0
        return self.get(struct)

    def pending(self):
        """The signals that wait for this process."""
        signals = self.task.signals
        return {n for n in range(1, 65) if (signals.pending >> (n - 1)) & 1}

    def ignore(self, *signals):
        from emu.kernel.signal.actions import Sigaction

        for signal in signals:
            self.task.signals.actions[signal] = Sigaction(handler=1)

    def catch(self, *signals):
        """Have handlers, so that signals stay to be seen."""
        from emu.kernel.signal.actions import Sigaction

        for signal in signals:
            self.task.signals.actions[signal] = Sigaction(handler=0x1000)
