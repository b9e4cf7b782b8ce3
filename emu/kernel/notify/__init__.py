"""Telling watchers what happens to files: inotify, fanotify, F_NOTIFY."""
