"""What ends a start, and the exit codes (`sysexits.h`, for systems without them too)."""

from __future__ import annotations

from typing import Final

EX_UNAVAILABLE: Final = 69
"""What was asked for is not to be had here, such as a second daemon."""

EX_SOFTWARE: Final = 70
"""A hook raised or did not end."""

EX_NOPERM: Final = 77
"""This user may not do it."""

EX_CONFIG: Final = 78
"""The configuration has a mistake."""


class StartupError(Exception):
    """The application cannot start for a reason outside the program, such as a port in use.

    Raised in an `initialize()`, it ends the start with its text as one line and no traceback. The text names the value,
    the place and the remedy.
    """
