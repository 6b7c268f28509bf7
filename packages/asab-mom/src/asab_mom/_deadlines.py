"""How much of `[general] finalize_timeout` each step of the end may take.

At `Application.exit!` that is ASK, HANDLERS and CANCEL, one after the other; when the service is finalized ASK, FLUSH
twice and CLOSE twice. Both have `finalize_timeout` for themselves, and end before it is over.
"""

from __future__ import annotations

from asab_config import Config

ASK = 0.2
"""For the server to agree that a consumer or a queue is gone."""
HANDLERS = 0.5
"""For handlers to finish."""
CANCEL = 0.1
"""For handlers that had to be cancelled."""
FLUSH = 0.2
"""For the server to confirm what was published."""
CLOSE = 0.1
"""For the server to agree to the end of a connection."""


def seconds(share: float) -> float:
    """Return how many seconds a share is."""
    return Config.getfloat("general", "finalize_timeout") * share
