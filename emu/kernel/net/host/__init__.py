"""The way to the host's network, for machines that were given one: `emu run --net host`.

Nothing here is imported otherwise, and nothing else opens a socket of the host.
"""
