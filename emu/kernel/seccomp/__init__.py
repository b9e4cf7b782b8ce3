"""Secure computing: calls that a task may make no more. See seccomp(2)."""
