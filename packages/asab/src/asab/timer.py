"""The timer; see `asab_utils.timer`."""

from asab_utils.timer import Timer

__all__ = ["Timer"]
