"""procfs: the kernel's own state as files. See proc(5)."""
