"""Kinds of network devices: loopback, dummy, veth, bridge, and a cable to another machine."""
