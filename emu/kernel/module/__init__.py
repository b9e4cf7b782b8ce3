"""Kernel modules: objects in sysfs, the loader, the kernel log, and what guards them."""
