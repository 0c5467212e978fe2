"""What is kept: the database, the library of files, settings, and keys in the system keyring."""
