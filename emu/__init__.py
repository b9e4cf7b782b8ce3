"""A Linux system call ABI laboratory. Start with `emu.machine.Machine`."""
