"""The virtual file system: what all file systems share, in the structure of Linux."""
