"""`Module`: brings the metrics along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asab_app.metrics.service import Metrics
from asab_app.module import Module as _Module

if TYPE_CHECKING:
    from asab_app.application import Application


class Module(_Module):
    """The module that brings the service along (documentation, chapter Metrics)."""

    def __init__(self, app: Application) -> None:
        """Make the service."""
        super().__init__(app)
        self.service: Metrics = Metrics(app)
