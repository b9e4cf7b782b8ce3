"""Futexes: sleeping on words of user memory. See futex(7) and kernel/futex."""
