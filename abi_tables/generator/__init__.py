"""Builds the ABI tables from one kernel release: see `abi_tables/README.md`."""
