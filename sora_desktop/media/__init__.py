"""Reading and writing video through PyAV."""
