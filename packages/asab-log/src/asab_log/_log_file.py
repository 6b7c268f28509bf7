"""`LogFile`: the file of the log, and its rotation.

The rule: a rotation loses no record, whoever does it, and what fails leaves the log where it was.
"""

from __future__ import annotations

import os
from logging.handlers import RotatingFileHandler
from pathlib import Path


class LogFile(RotatingFileHandler):
    """The standard library's handler (documentation, chapter Logging to file) with a rotation on demand.

    Text is UTF-8; it is open from the construction on.
    """

    def __init__(self, path: str, backup_count: int = 0) -> None:
        """Open the file, at its end.

        Args:
            path: The file. Its folder has to be there: a log in a place that nobody made is one that nobody finds.
            backup_count: How many older files a rotation keeps, as `path.1` and so on.

        Raises:
            OSError: If it cannot be opened.
        """
        super().__init__(path, backupCount=backup_count, encoding="utf-8", errors="backslashreplace")

    def rotate_now(self) -> None:
        """Begin a new file, if that can be done without losing the old one.

        Where an outside program has moved the file away, its path is opened again. Otherwise the file becomes `path.1`
        if backups are kept; without any there is no place for it, and it is appended to. What is no regular file, such
        as `/dev/stderr`, stays as it is.

        Raises:
            OSError: If a file cannot be renamed or opened. Records go on to the old one, or to the path as soon as it
                can be opened.
        """
        self.acquire()
        try:
            if self._moved_away():
                self._reopen()
            elif self.backupCount > 0 and Path(self.baseFilename).is_file():
                self.doRollover()
        finally:
            self.release()

    def _moved_away(self) -> bool:
        if self.stream is None:
            return True
        try:
            return not os.path.samestat(os.stat(self.baseFilename), os.fstat(self.stream.fileno()))
        except FileNotFoundError:
            return True

    def _reopen(self) -> None:
        new = self._open()  # before the old one is let go
        old, self.stream = self.stream, new
        if old is not None:
            old.close()
