"""Pure descriptions of instruction sets and ABIs; stdlib only."""
