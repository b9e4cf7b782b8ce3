"""debugfs: files for whoever develops the kernel. See Documentation/filesystems/debugfs.rst."""
