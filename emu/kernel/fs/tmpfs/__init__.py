"""tmpfs: files in memory."""
