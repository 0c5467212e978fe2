"""A strict stand-in for the services, on loopback, in a process of its own."""
