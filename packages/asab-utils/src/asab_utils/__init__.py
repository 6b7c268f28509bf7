"""Timers, a persistent dictionary and a singleton for asyncio servers."""
