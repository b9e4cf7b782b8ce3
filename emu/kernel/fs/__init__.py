"""File systems and the files that have none."""
