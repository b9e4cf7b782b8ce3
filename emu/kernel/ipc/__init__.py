"""Communication between processes by key and by name: System V IPC, POSIX message queues."""
