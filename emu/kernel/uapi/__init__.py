"""The kernel's own values of the user API's flags: the generic ones of include/uapi.

Inside the kernel these are the only values; the typed arguments (`emu.kernel.args`) translate an
ABI's own numbers at the trap boundary, and cost nothing on ABIs that use the generic ones.
A test holds every constant here against the generated tables.
"""
