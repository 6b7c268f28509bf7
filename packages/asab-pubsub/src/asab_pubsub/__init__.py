"""A publish-subscribe message bus for one process: fast, fair, asyncio-aware."""
