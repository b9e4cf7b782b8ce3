"""Archives as layers of a root: read in place, never unpacked, owners and devices kept."""
