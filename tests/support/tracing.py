"""Tracing, turned on by the configuration for the time of a test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from asab_app import tracing
from asab_config import Config


@contextlib.contextmanager
def configured(value: str) -> Iterator[None]:
    """Let `[general] tracing` have a value; an application that begins meanwhile does as it says."""
    Config.read_dict({"general": {"tracing": value}})
    try:
        yield
    finally:
        Config.read_dict({"general": {"tracing": "no"}})
        tracing.configure()
