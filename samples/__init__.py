"""Programs to run and, in time, kernel modules to load."""
