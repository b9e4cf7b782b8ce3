"""The ABI tables and what makes them: see README.md. The emulator only reads the data files."""
