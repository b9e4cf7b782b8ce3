"""Real programs with known output, run on every Debian architecture: ``make workloads``."""
