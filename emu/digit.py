"""The numbers that Python keeps in one digit: it compares and adds them quickest."""

from __future__ import annotations

import sys

ONE_DIGIT = (1 << sys.int_info.bits_per_digit) - 1
"""The largest of them."""
