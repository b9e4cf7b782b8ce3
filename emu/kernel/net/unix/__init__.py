"""AF_UNIX: sockets within the machine. See unix(7)."""
