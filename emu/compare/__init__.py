"""Comparing: two programs, the ways in of an instruction set, or all ABIs, side by side."""
