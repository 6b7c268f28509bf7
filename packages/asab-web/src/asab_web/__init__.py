"""The web server of ASAB applications, on aiohttp: containers, sessions, access log."""
