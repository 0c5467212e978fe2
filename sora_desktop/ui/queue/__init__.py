"""The queue: every job as a row that says what it is doing and offers the one thing to do about it."""
