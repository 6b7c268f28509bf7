"""The base classes of an application's parts: `asab.abc.module`, `asab.abc.service`, `asab.abc.singleton`."""
