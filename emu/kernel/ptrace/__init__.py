"""Tracing processes: the mechanism behind ptrace(2). Imported when somebody first traces."""
