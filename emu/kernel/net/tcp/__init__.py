"""TCP: the state machine, its timers, and its sockets."""
