"""When a log file is rotated by time, and that of many processes only one does it."""

from __future__ import annotations

import contextlib
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MONDAY = 4 * 86400  # Monday, 5 January 1970, 0:00, in seconds of local time


def next_boundary(now: float, every: float) -> float:
    """Return when the period ends that a moment lies in.

    Periods are counted in local time from a Monday at 0:00. So `1h` ends at the full hour, `12h` at noon and midnight,
    `1d` at midnight, and `1w` in the night to Monday, whenever the process was started. Where the clocks are changed a
    period is an hour longer or shorter.

    Args:
        now: The moment, in seconds since the epoch.
        every: The period, in seconds.

    Returns:
        A later moment, in seconds since the epoch.
    """
    offset = _utc_offset(now)
    boundary = ((now + offset - _MONDAY) // every + 1) * every + _MONDAY - offset
    change = offset - _utc_offset(boundary)
    if change % every and boundary + change > now:
        boundary += change
    return boundary


def _utc_offset(moment: float) -> int:
    return time.localtime(moment).tm_gmtoff


@contextlib.contextmanager
def only_one(path: str) -> Iterator[bool]:
    """Tell whether this process is the one that may rename the file; it is until the end of the block.

    The lock is on the file, not on its path: whoever waits behind a rename finds that another file is there now.

    Raises:
        OSError: If the file cannot be opened.
    """
    try:
        import fcntl
    except ImportError:  # no POSIX: a file that others have open cannot be renamed there
        yield True
        return
    # Not the descriptor that is written to: after a fork both processes have that one, and with it its lock.
    # O_CREAT, because another process may be between its rename and its open.
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)
