"""The controls of the window, painted from the tokens."""
