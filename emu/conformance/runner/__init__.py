"""The runner's C source, and how it is built."""
