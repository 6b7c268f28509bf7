"""What all tests of the brokers hold to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


# Of asyncio's debug mode, about slow steps; of a test's own server, about a client that does not trust it.
EXPECTED = ("Executing ", "Error on transport creation for incoming connection")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What goes wrong is said by us, once: neither aioamqp nor asyncio has anything to add, whatever fails."""
    yield
    loud = [record for record in caplog.get_records("call") if record.levelno > logging.INFO]
    said = [record.getMessage() for record in loud if record.name.startswith(("aioamqp", "asyncio"))]
    assert [text for text in said if not text.startswith(EXPECTED)] == []
