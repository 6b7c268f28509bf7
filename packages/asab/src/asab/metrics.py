"""Metrics; see `asab_app.metrics`."""

from asab_app.metrics import Metrics, Module

__all__ = ["Metrics", "Module"]
