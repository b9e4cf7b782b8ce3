"""Running programs: binary formats, the first stack, execve. See fs/exec.c, fs/binfmt_*.c."""
