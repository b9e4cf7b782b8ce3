"""The texts of /proc/net. A module is imported when somebody reads one of its files."""
