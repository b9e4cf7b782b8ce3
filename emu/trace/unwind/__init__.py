"""Unwinding a guest's stack by what its ELF files say of their frames."""
