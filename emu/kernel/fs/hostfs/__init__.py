"""Folders of the host, which a guest can never leave."""
