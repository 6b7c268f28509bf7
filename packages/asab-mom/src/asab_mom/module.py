"""`Module`: what an application adds to have message queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asab_app
from asab_mom.service import MOMService

if TYPE_CHECKING:
    from asab_app import Application


class Module(asab_app.Module):
    """Brings the service `asab.MOMService` (documentation, chapter MOM Service)."""

    def __init__(self, app: Application) -> None:
        """Make the service.

        Args:
            app: The application.
        """
        super().__init__(app)
        MOMService(app)  # it registers itself
