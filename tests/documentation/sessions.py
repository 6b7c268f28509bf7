"""A shell that is typed into as a page shows it, and whose answers are compared with the page's.

In an expected line `…` stands for any text, and a line of it alone for any lines. What a command in the
background says comes when it likes: it is waited for.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import Self

from tests.support.processes import DEADLINE, UNMEASURED, environment

# The plugins that the tests of this project have are not the reader's.
PLAIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_END = "--- the command has ended ---"


class Shell:
    """A bash in a folder; use it as a context manager, which kills what is left of what was started."""

    def __init__(self, folder: Path) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment({"COLUMNS": "80", **PLAIN, **UNMEASURED}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            bufsize=1,
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.transcript: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        try:
            self._type("wait")
            self._bash.stdin.close()
            self._bash.wait(DEADLINE)
        except (OSError, subprocess.TimeoutExpired):
            os.killpg(self._bash.pid, signal.SIGKILL)
            self._bash.wait()
            raise
        finally:
            self._reader.join(DEADLINE)
            self._bash.stdout.close()

    def run(self, command: str, expected: list[str]) -> None:
        """Type a command, and compare what comes until it has ended and all that is expected was there."""
        self._type(f"{command}\n_code=$?; printf '\\n{_END}\\n'; (exit $_code)")
        self.transcript.append(f"$ {command}")
        rest = list(expected)
        ended = False
        while not ended or any(line != "…" for line in rest):
            line = self._next()
            if line == _END:
                ended = True
            elif line:
                self.transcript.append(line)
                rest = _after(rest, line, self.report())

    def report(self) -> str:
        return "\n".join(self.transcript)

    def _type(self, text: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(text + "\n")
        self._bash.stdin.flush()

    def _next(self) -> str:
        try:
            line = self._lines.get(timeout=DEADLINE)
        except queue.Empty:
            line = None
        assert line is not None, f"nothing more comes after\n{self.report()}"
        return line

    def _read(self) -> None:
        assert self._bash.stdout is not None
        for line in self._bash.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


def _after(expected: list[str], line: str, report: str) -> list[str]:
    """What is expected after that line; fails if it is another one."""
    open_end = expected[:1] == ["…"]
    wanted = expected[1:] if open_end else expected
    if wanted and re.fullmatch(".*".join(map(re.escape, wanted[0].split("…"))), line):
        return wanted[1:]
    assert open_end, f"expected {wanted[:1]}, and there came {line!r} in\n{report}"
    return expected


def commands(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines that answer it."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif line:
            found[-1][1].append(line)
    return found
