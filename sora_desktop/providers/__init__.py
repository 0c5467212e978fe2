"""One file per wire dialect; `http` is the only door to the network."""
