"""ABIs read once for all tests of a run."""

from __future__ import annotations

import functools

from emu.arch.abi import Abi

load = functools.cache(Abi.load)
