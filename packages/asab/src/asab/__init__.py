"""Asynchronous Server Application Boilerplate: the framework for servers on asyncio."""
