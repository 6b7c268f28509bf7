"""The persistent dictionary; see `asab_utils.pdict`."""

from asab_utils.pdict import PersistentDict

__all__ = ["PersistentDict"]
