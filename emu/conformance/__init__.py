"""The ABI conformance suite: small programs that check the kernel under them and print TAP."""
