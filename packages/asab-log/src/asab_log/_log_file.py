"""`LogFile`: the file of the log, and its rotation.

The rules: no rotation loses a record or tears a line, whoever does it. What fails never reaches the caller: it is said
once, what is missing is counted, and the file says so itself as soon as it can. What is done for each record is one
`write`; everything else is looked after once a second, with the next record.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import time
import weakref
from logging.handlers import RotatingFileHandler

from asab_log._append import AppendFile
from asab_log._root import stderr
from asab_log._rotation import next_boundary, only_one
from asab_log._troubles import Troubles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LOOK = 1.0
"""How often it is seen whether the file is still at its path, in seconds."""

_SIGNAL_FOLLOWS = 60.0
"""For how long after a file was found moved away a demand to rotate is about that one, in seconds."""

_WRITE, _OPEN, _ROTATE = "written", "opened", "rotated"


class LogFile(RotatingFileHandler):
    """The standard library's handler (documentation, chapter Logging to file), made for years of running.

    Text is UTF-8; it is open from the construction on. A file that somebody has moved away or deleted is opened again
    within a second. Several processes may write to one file and rotate it, also the children of a fork.

    Attributes:
        lost: How many records could not be written, in this process.
    """

    def __init__(
        self, path: str | os.PathLike[str], backup_count: int = 0, *, rotate_every: float = 0.0, rotate_size: int = 0
    ) -> None:
        """Open the file, at its end.

        Args:
            path: The file. Its folder has to be there: a log in a place that nobody made is one that nobody finds.
            backup_count: How many older files a rotation keeps, as `path.1` and so on.
            rotate_every: The period of a file, in seconds, counted as in `next_boundary`; 0 for none. The first record
                of a new period begins a new file.
            rotate_size: How large a file may become, in bytes; 0 for no limit. A longer record is alone in its file.

        Raises:
            OSError: If it cannot be opened.
            ValueError: If it shall rotate and no older file be kept, so that the log would be deleted.
        """
        if (rotate_every or rotate_size) and backup_count < 1:
            raise ValueError("a file that rotates needs a backup_count of 1 or more")
        self.lost: int = 0
        self._unreported = 0
        self._reason = ""
        self._troubles = Troubles()
        self._every = rotate_every
        self._file: AppendFile | None = None
        self._busy = False
        self._moved = -math.inf
        # What each record is held against: in this span of time and up to this size there is nothing else to do.
        self._looked = self._due = 0.0
        self._size = 0
        self._limit: float = rotate_size or math.inf
        super().__init__(path, maxBytes=rotate_size, backupCount=backup_count, encoding="utf-8")
        self._take(self.stream, time.time())
        _all.add(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Append a record, and rotate before if it is time to."""
        try:
            line = (self.format(record) + "\n").encode("utf-8", "backslashreplace")
        except Exception as e:  # the rule of logging: a handler tells stderr and never its caller
            self._count(f"its formatter failed: {e!r}")
            if stderr() is not None:  # it would raise where that is closed
                self.handleError(record)
            return
        now = time.time()
        if not self._looked <= now < self._due or self._size + len(line) > self._limit:
            self._look_after(now, len(line))
        if not self._append(line):
            self._count(self._reason)
            self._say(_WRITE, f"cannot be written: {self._reason}; it will tell how many records were lost")

    def rotate_now(self) -> None:
        """Begin a new file, if that can be done without losing the old one.

        Where an outside program has moved the file away, its path is opened again; also if that was noticed and done a
        moment ago. Otherwise the file becomes `path.1` if backups are kept; without any there is no place for it, and
        it is appended to. What is no regular file, such as `/dev/stderr`, stays as it is.

        Raises:
            OSError: If a file cannot be renamed or opened. Records go on to the old one, or to the path as soon as it
                can be opened.
        """
        self.acquire()
        try:
            now = time.time()
            if self._file is None or not self._file.is_at(self.baseFilename):
                self._take(self._open(), now)
            elif self.backupCount > 0 and not 0 <= now - self._moved < _SIGNAL_FOLLOWS:
                self._rotate(now)
            self._moved = -math.inf
        finally:
            self.release()

    def doRollover(self) -> None:
        """Rename the files and begin a new one. Until that is open records go on to the old one."""
        if sys.platform == "win32" and self._file is not None:
            self._file.close()  # an open file cannot be renamed there
            self._file = None
        self.stream = None  # or the standard library would close it first
        try:
            super().doRollover()
            self._take(self.stream, time.time())
        finally:
            self.stream = self._file  # type: ignore[assignment]

    def close(self) -> None:
        """Say in the file what is missing, if it can be said now, and close it."""
        self.acquire()
        try:
            if self._unreported:
                self._look_after(time.time(), 0)
                self._append(b"")
            super().close()
            self._file = None
            self._due = 0.0  # a late record of some thread opens it again
        finally:
            self.release()

    def _open(self) -> Any:
        return AppendFile(self.baseFilename)

    def _take(self, file: Any, now: float) -> None:
        """Write to this file from now on."""
        old = self._file
        self._file = file
        self.stream = file
        self._size = file.size_at_open
        # An old file that is taken up again may belong to a period that is over.
        since = min(file.last_change, now) if self._size else now
        self._rotate_at = next_boundary(since, self._every) if self._every else math.inf
        self._looked, self._due = now, min(now + _LOOK, self._rotate_at)
        self._troubles.end(_OPEN)
        if old is not None and old is not file:
            old.close()

    def _look_after(self, now: float, coming: int) -> None:
        """Do what need not be done for each record."""
        if self._busy:
            return  # a signal handler logs in the middle of it
        self._busy = True
        try:
            self._look(now)
            if self._file is not None and (now >= self._rotate_at or 0 < self.maxBytes < self._size + coming):
                self._rotate_if_possible(now)
        finally:
            self._busy = False

    def _look(self, now: float) -> None:
        """See whether the file is still what and where it was, and how long it has become."""
        self._looked, self._due = now, now + _LOOK
        self._limit = self.maxBytes or math.inf
        file = self._file
        try:
            if file is None or not file.is_open():
                self._file = self.stream = None
                self._take(self._open(), now)
            elif not file.is_at(self.baseFilename):
                self._take(self._open(), now)
                self._moved = now
            else:
                self._size = file.size()
                self._due = min(self._due, self._rotate_at)
        except OSError as e:
            self._stay_with_old(e)

    def _stay_with_old(self, reason: OSError) -> None:
        """Go on without the path: a file that was moved away can be read where it is, a deleted one by nobody."""
        if self._file is not None and self._file.is_deleted():
            self._file.close()
            self._file = self.stream = None
        if self._file is None:
            self._due = 0.0  # each record tries again, for it would be lost
            self._reason = _text(reason)
        else:
            self._say(_OPEN, f"cannot be opened again, records go on to the file that was moved away: {_text(reason)}")

    def _rotate_if_possible(self, now: float) -> None:
        try:
            if self._size:  # older files must not make room for nothing
                self._rotate(now)
            else:
                self._rotate_at = next_boundary(now, self._every) if self._every else math.inf
        except OSError as e:
            if self._say(_ROTATE, f"cannot be rotated and goes on growing: {_text(e)}: {e.filename!r}"):
                self._append(self._note(logging.ERROR, f"The log file cannot be rotated: {_text(e)}: {e.filename!r}"))
        if self._size:  # not done, for now
            self._limit, self._due = math.inf, now + _LOOK

    def _rotate(self, now: float) -> None:
        if self._file is None or not self._file.is_regular or self.baseFilename.startswith(("/dev/", "/proc/")):
            return
        with only_one(self.baseFilename) as mine:
            if not self._file.is_at(self.baseFilename):
                self._take(self._open(), now)
                self._moved = now
            elif mine:
                self.doRollover()
                self._troubles.end(_ROTATE)

    def _append(self, line: bytes) -> bool:
        """Append a line, and before it what is missing; if that cannot be done `_reason` tells why."""
        file = self._file
        if file is None:
            return False
        lines = self._missing() + line if self._unreported else line
        try:
            file.append(lines)
        except OSError as e:
            self._reason = _text(e)
            return self._lost_descriptor(file) and self._append(line)
        self._size += len(lines)
        if self._unreported:
            self._unreported = 0
            self._troubles.end(_WRITE)
        return True

    def _lost_descriptor(self, file: AppendFile) -> bool:
        """Tell whether a write failed because somebody has closed the descriptor, and the file is open again now."""
        if file.is_open():
            return False
        self._look_after(time.time(), 0)
        return self._file is not file

    def _count(self, reason: str) -> None:
        self.lost += 1
        self._unreported += 1
        self._reason = reason

    def _missing(self) -> bytes:
        records = "1 record was" if self._unreported == 1 else f"{self._unreported} records were"
        return self._note(logging.WARNING, f"{records} lost here: {self._reason}")

    def _note(self, level: int, text: str) -> bytes:
        """Return a line of the file's own."""
        record = logging.LogRecord(__name__, level, __file__, 0, text, None, None)
        try:
            text = self.format(record)
        except Exception:  # a formatter of somebody else's, which may be what the note is about
            text = record.levelname + " " + text
        return (text + "\n").encode("utf-8", "backslashreplace")

    def _say(self, kind: str, text: str) -> bool:
        return self._troubles.begin(kind, f"the log file {self.baseFilename!r} {text}")

    def _begin_child(self) -> None:
        """Forget what the parent was in the middle of, and what the parent will report."""
        self._busy = False
        self._due = 0.0
        self.lost = self._unreported = 0


def _text(error: OSError) -> str:
    return error.strerror or str(error)


_all: weakref.WeakSet[LogFile] = weakref.WeakSet()


def _after_fork() -> None:
    for file in _all:
        file._begin_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
