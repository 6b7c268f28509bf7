"""The base class of modules; see `asab_app.module`."""

from asab_app import Module

__all__ = ["Module"]
