"""A pseudo-terminal: what a program writes to its stderr when somebody sits there."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def on_a_terminal(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Run a command to its end with a terminal as its stderr; return its stdout and what the terminal shows.

    It fails if the command does.

    The environment is this one's, of a terminal with colours that nobody objects to, and the changes.
    """
    terminal, inside = os.openpty()
    shown = bytearray()
    reader = threading.Thread(target=_read, args=(terminal, shown))
    foreign = {"NO_COLOR", "FORCE_COLOR", "ASAB_CONFIG"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    try:
        reader.start()
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**kept, "TERM": "xterm-256color", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=inside,
            timeout=60,
            check=False,
        )
    finally:
        os.close(inside)
        reader.join(30)
        os.close(terminal)
    text = shown.decode().replace("\r\n", "\n")
    assert done.returncode == 0, text
    return done.stdout.decode(), text


def _read(terminal: int, shown: bytearray) -> None:
    try:
        while data := os.read(terminal, 10_000):
            shown += data
    except OSError:  # how a terminal says that the other side is closed
        pass
