"""`AppendFile`: a file to whose end lines go, each of them whole or not at all.

The rule: a line is one `write` to a descriptor with O_APPEND, which nothing buffers. So threads and processes do not
mix their lines, and a fork finds nothing that it could write a second time.
"""

from __future__ import annotations

import contextlib
import os
import stat

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_MODE = 0o666  # less the umask, as `open` has it


class AppendFile:
    """An open file. It has what `logging` and a daemon's `files_preserve` ask of a stream."""

    def __init__(self, path: str) -> None:
        """Open the file, or make it.

        Raises:
            OSError: If neither can be done.
        """
        self._path = path
        self._fd = os.open(path, _FLAGS, _MODE)
        status = os.fstat(self._fd)
        self._identity = _identity(status)
        self._torn = False
        self.is_regular: bool = stat.S_ISREG(status.st_mode)
        self.size_at_open: int = status.st_size
        self.last_change: float = status.st_mtime

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._fd

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def write(self, text: str) -> None:
        """Append text, as the stream of a logging handler can."""
        self.append(text.encode("utf-8", "backslashreplace"))

    def append(self, lines: bytes) -> None:
        """Append whole lines.

        Raises:
            OSError: If they could not be written. Nothing of them stays in the file then; or what had to stay is ended
                by a line feed before anything else.
        """
        if self._torn:
            lines = b"\n" + lines
        written = os.write(self._fd, lines)
        if written != len(lines):
            self._go_on(lines, written)
        self._torn = False

    def size(self) -> int:
        """Return how long the file is, in bytes."""
        return os.fstat(self._fd).st_size

    def is_open(self) -> bool:
        """Tell whether the descriptor is still this file: who becomes a daemon often closes all there are."""
        try:
            return _identity(os.fstat(self._fd)) == self._identity
        except OSError:
            return False

    def is_at(self, path: str) -> bool:
        """Tell whether the path leads to this file."""
        try:
            return _identity(os.stat(path)) == self._identity
        except OSError:
            return False

    def is_deleted(self) -> bool:
        """Tell whether no path leads to this file any more, so that nobody will read what is written to it."""
        try:
            return os.fstat(self._fd).st_nlink == 0
        except OSError:  # of a network that has forgotten it
            return True

    def close(self) -> None:
        """Close the file, unless its descriptor has become somebody else's; a second time does nothing."""
        if self.is_open():
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1

    def _go_on(self, lines: bytes, written: int) -> None:
        """Write what the first `write` has left: a signal came to a pipe, or the disk is full."""
        try:
            while written < len(lines):
                written += os.write(self._fd, memoryview(lines)[written:])
        except OSError:
            taken_back = self._take_back(lines[:written])
            self._torn = self._torn or not taken_back
            raise

    def _take_back(self, piece: bytes) -> bool:
        """Cut the piece off the end of the file, if it is seen to be there: another process may have been faster."""
        if not self.is_regular:
            return False
        try:
            with open(self._path, "rb", buffering=0) as file:
                begin = file.seek(0, os.SEEK_END) - len(piece)
                file.seek(begin)
                if _identity(os.fstat(file.fileno())) != self._identity or file.read(len(piece) + 1) != piece:
                    return False
            os.ftruncate(self._fd, begin)
        except (OSError, ValueError):
            return False
        return True


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
