"""Sockets: the layer that all protocol families share, and the families themselves."""
