"""How the examples are run: a folder, a program in it, a process."""

from __future__ import annotations

import contextlib
import re
import textwrap
from typing import TYPE_CHECKING

from tests.support.processes import Process, python

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path

# What no healthy program writes: a traceback, a warning of Python's, an error that nobody could be told.
UNHEALTHY = re.compile(r"Traceback|\w+Warning\b|Exception ignored|was never awaited|was destroyed but")


def write(folder: Path, files: Mapping[str, str]) -> None:
    """The files, with the folders above them."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")


def start(
    folder: Path, source: str, *arguments: str, conf: str | None = None, env: Mapping[str, str] | None = None
) -> Process:
    """`python main.py` in the folder; `conf` is the file that ASAB_CONFIG names."""
    write(folder, {"main.py": source} | ({} if conf is None else {"main.conf": conf}))
    config = {} if conf is None else {"ASAB_CONFIG": "./main.conf"}
    return python("main.py", *arguments, cwd=folder, env=config | dict(env or {}))


def finish(process: Process, code: int = 0) -> Process:
    """Wait for the end, which must be a clean one; the process is handed back for its output."""
    with process:
        ended = process.wait()
    assert ended == code, process.report()
    assert not UNHEALTHY.search(process.stderr), process.report()
    return process


def datagrams(server: socket.socket) -> list[str]:
    """What a process that has ended has sent to the socket; it waits in the kernel."""
    server.setblocking(False)
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(server.recv(65536).decode())
    return found
