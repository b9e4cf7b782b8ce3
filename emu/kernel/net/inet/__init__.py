"""What IPv4 and IPv6 have in common: addresses, routes, neighbours, ports, sockets' options."""
