"""Bring-up of each ISA's processor from reset to unprivileged user state."""
