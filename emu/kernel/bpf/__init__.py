"""Classic BPF: the programs of seccomp(2)'s and sockets' filters."""
