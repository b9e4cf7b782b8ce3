"""Benchmarks: side-by-side ratios (``make bench``) and pytest-benchmark micro benchmarks."""
