"""Input devices: what drivers report, and /dev/input/event*, where programs read it."""
