"""AF_PACKET: sockets that see and send frames."""
