"""The library: finished clips, found, marked and looked at."""
