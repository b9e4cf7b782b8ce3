"""configfs: mkdir makes a kernel object. See Documentation/filesystems/configfs.rst."""
