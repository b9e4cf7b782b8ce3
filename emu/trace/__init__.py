"""Subscribers to the kernel's events: strace text and JSON lines."""
