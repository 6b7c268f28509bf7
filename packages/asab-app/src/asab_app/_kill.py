"""`-k`: the end of a daemon.

The rule: it is asked, waited for, and in the end killed; and what was done is said.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

from asab_app._failures import program, say
from asab_app._pidfile import Daemon, Occupied, find, remove
from asab_app.errors import EX_NOPERM, EX_SOFTWARE, EX_UNAVAILABLE

_DYING = 5.0
"""What a killed process has to be gone, in seconds; a system call that cannot be interrupted may take it."""

_LOOK = 0.02
"""The time between two looks at the locks, in seconds: they have no event."""


def kill(path: str, timeout: float) -> int:
    """End the daemon of a pidfile.

    Args:
        path: The pidfile.
        timeout: What the daemon has to end by itself, in seconds.

    Returns:
        The exit code: 0 if no daemon runs and none had to be killed.
    """
    try:
        daemon = find(path)
        if daemon is None:
            _tell(f"does not run in the background, by its pidfile {path}")
            code = 0
        else:
            with contextlib.closing(daemon):
                code = _end(daemon, timeout)
    except Occupied as e:
        say(str(e))
        return EX_UNAVAILABLE
    except PermissionError as e:
        subject = f"{path} cannot be read" if e.filename else "the daemon cannot be ended"
        say(f"{subject} by user {os.geteuid()}: {e.strerror}")
        return EX_NOPERM
    except OSError as e:
        say(f"the pidfile {path} cannot be read: {e.strerror}")
        return EX_UNAVAILABLE
    remove(path)
    return code


def _end(daemon: Daemon, timeout: float) -> int:
    _send(daemon, signal.SIGTERM)
    if _ends(daemon, timeout):
        _tell(f"has ended in the background, pid {daemon.pid}" if daemon.pid else "was just ending in the background")
        return 0
    _send(daemon, signal.SIGKILL)
    if _ends(daemon, _DYING):
        say(f"did not end within {timeout:g} s in the background and was killed, pid {daemon.pid}")
    else:
        say(f"does not end in the background, not even by SIGKILL, pid {daemon.pid}")
    return EX_SOFTWARE


def _send(daemon: Daemon, number: signal.Signals) -> None:
    if daemon.pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(daemon.pid, number)


def _ends(daemon: Daemon, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not daemon.has_ended():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    return True


def _tell(line: str) -> None:
    sys.stdout.write(f"{program()}: {line}\n")
