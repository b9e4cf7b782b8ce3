"""System calls from Python, without a program: see `emu.caller.caller`."""
