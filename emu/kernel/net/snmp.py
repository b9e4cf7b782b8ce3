"""The counters of /proc/net/snmp and netstat. See RFC 1213, linux/snmp.h."""

from __future__ import annotations

from collections import Counter


class Counters(Counter[str]):
    """Events by ``Group.Name``, as /proc/net/snmp calls them."""
