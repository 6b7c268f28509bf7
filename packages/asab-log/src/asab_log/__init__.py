"""Logging for servers: structured data, console, file and syslog that never blocks."""
