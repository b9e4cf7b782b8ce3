"""overlay, as mount(2) has it: directories of any file systems merged, changes in the uppermost.

The root of a machine over layers of the host is `emu.kernel.fs.overlay`, which is another thing: a
tmpfs whose contents come from the layers page by page, with nothing to keep afterwards.
"""
