"""Applications started with `-d`, and ended whatever becomes of the test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.processes import DEADLINE, UNMEASURED, Process, python

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ORDINARY = 4711
"""The id of a user without a name."""

PROGRAM = """
import asyncio, os, signal, socket, subprocess, sys, threading, time
import asab
from asab_app import StartupError

def note(*words):
    with open(NOTES, "a") as file:
        print(*words, file=file)

class Witness(asab.Service):
    async def initialize(self, app):
        note("initialize")
    async def finalize(self, app):
        note("finalize")

{source}

MyApplication().run()
"""


class Daemons:
    """A folder that everybody may enter, with a program in it that is started and ended as an operator does.

    The program has `note(...)`, which writes a line that `notes` returns.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="asab-daemon-"))
        self.folder.chmod(0o755)
        self.pidfile = self.folder / "app.pid"
        self._notes = self.folder / "notes"
        self._notes.touch()
        self._notes.chmod(0o666)
        self._pids: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._pids.add(int(self.pidfile.read_text()))
        for pid in self._pids:
            with contextlib.suppress(OSError):
                if b"app.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder)

    def write(self, source: str, **options: object) -> None:
        """The program, and its section `[daemon]`."""
        program = PROGRAM.format(source=textwrap.dedent(source)).replace("NOTES", repr(str(self._notes)))
        (self.folder / "app.py").write_text(program)
        options = {"pidfile": self.pidfile} | options
        (self.folder / "app.conf").write_text(
            "[daemon]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())
        )

    def begin(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Process:
        """The program with these arguments, running."""
        return python("app.py", "-c", "app.conf", *arguments, cwd=self.folder, env=env)

    def call(self, *arguments: str, code: int = 0, env: Mapping[str, str] | None = None) -> Process:
        """The program with these arguments, when it has ended with that exit code; it has no traceback of ours."""
        with self.begin(*arguments, env=env) as process:
            assert process.wait() == code, process.report()
        return process

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> int:
        """The pid of the program in the background."""
        self.call("-d", *arguments, env=env)
        pid = int(self.pidfile.read_text())
        self._pids.add(pid)
        return pid

    def stop(self) -> None:
        """End it, by `-k`."""
        self.call("-k")

    @property
    def notes(self) -> list[str]:
        return self._notes.read_text().splitlines()


def ordinary_user(*arguments: str, cwd: Path) -> Process:
    """`app.py` with these arguments, by a user who is not root; only root can start it so.

    Unlike a real one it may read every file, for the interpreter may stand in the home of root.
    """
    rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--clear-groups"]
    user = [f"--reuid={ORDINARY}", f"--regid={ORDINARY}"]
    return Process("setpriv", *user, *rights, sys.executable, "app.py", *arguments, cwd=cwd, env=UNMEASURED)


def runs(pid: int) -> bool:
    """Whether there is such a process that has more left than its exit code."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def wait_for_end(pid: int, deadline: float = DEADLINE) -> None:
    """Return when the process has ended; it is not a child of the test, so there is no event for that."""
    end = time.monotonic() + deadline
    while runs(pid):
        assert time.monotonic() < end, f"process {pid} still runs"
        time.sleep(0.005)
