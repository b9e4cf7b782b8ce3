"""Terminals: the tty core, the N_TTY line discipline, pseudo-terminals and the host's terminal."""
