"""What happens over time: the queue, polling and transfers. Plain asyncio, no Qt."""
