"""Long runs and measurements; each is a command of its own (see the README)."""
