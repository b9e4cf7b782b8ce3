"""Hostile guests: random code and broken ELF files, ``make fuzz``."""
