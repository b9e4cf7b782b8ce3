"""Help for who writes modules: starters, and a check of a module on every ABI."""
