"""The Linux kernel in Python: runs, and is tested, without an engine."""
