"""Core dumps: the memory and registers of a process that died, as an ELF file. See core(5)."""
