"""`FileLock`: a file that one owner holds at a time, gone with its process however that ends.

It is a lock of the system on a file that nothing is written to. POSIX locks are not inherited by children, and do not
keep the same process out: that is what `_held` is for.
"""

from __future__ import annotations

import os
import sys

_held: set[str] = set()


class FileLock:
    """A lock that is held until `release`, or until nobody has it any more."""

    _file = -1

    def __init__(self, path: str) -> None:
        """Take the lock; the file is made if it is not there, and stays.

        Raises:
            BlockingIOError: If somebody has it.
            OSError: If the file cannot be made.
        """
        self._path = os.path.realpath(path)
        if self._path in _held:
            raise BlockingIOError
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _lock(file)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        _held.add(self._path)

    def release(self) -> None:
        """Let others have it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            _held.discard(self._path)

    def __del__(self) -> None:
        """Let others have what its owner has dropped."""
        self.release()


def _lock(file: int) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
    except (BlockingIOError, PermissionError) as error:  # which of the two, depends on the system
        raise BlockingIOError from error
