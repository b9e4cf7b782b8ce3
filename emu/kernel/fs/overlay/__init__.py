"""A writable root over read-only folders of the host."""
