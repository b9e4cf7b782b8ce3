"""How strace writes arguments, structs and results."""
