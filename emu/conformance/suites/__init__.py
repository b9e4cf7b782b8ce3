"""The suites: what the kernel must do, one subject a file."""
