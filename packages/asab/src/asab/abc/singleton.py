"""The metaclass of classes with one instance; see `asab_utils.singleton`."""

from asab_utils import Singleton

__all__ = ["Singleton"]
