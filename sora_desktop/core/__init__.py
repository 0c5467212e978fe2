"""The rules: what a job, a model, a parameter and an error are. No I/O, no Qt, no clock."""
