"""A watcher of URLs, on all layers of ASAB."""

__version__ = "1.0.0"
