"""UDP, and the other sockets whose unit is a datagram: raw and ping."""
