"""Random file calls on this kernel's tmpfs and on the host's, compared call by call."""
