"""Memory management: frames, page cache, address spaces. See mm/ in the kernel's source."""
