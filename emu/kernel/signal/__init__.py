"""Signals: actions, masks, queues, sending, and what happens on the way back to user code."""
