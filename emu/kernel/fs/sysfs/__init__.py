"""sysfs: the tree of kernel objects. See Documentation/filesystems/sysfs.rst."""
