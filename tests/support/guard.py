"""A guard over a server that a test has started: whatever becomes of the test run, nothing stays behind."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Waits for the end of its input, which comes with the end of the test run, however that ends.
SCRIPT = 'read -r _; kill -s KILL -- "-$0"; rm -rf "$1"'


class Guard:
    """Kills a group of processes and removes a folder when the test run has ended, unless it is dismissed before."""

    def __init__(self, group: int, folder: str | Path) -> None:
        self._process = subprocess.Popen(
            ["sh", "-c", SCRIPT, str(group), str(folder)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Have it do nothing: the server is ended by the test."""
        self._process.kill()
        self._process.communicate()
