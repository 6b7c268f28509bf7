"""Real processes under test: started, watched line by line, signalled, and never left behind.

Nothing here sleeps: a test waits for a line, for an open port or for the end of the process, each with a deadline,
and every failure shows what the process has written until then.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import TracebackType

# Far more than a healthy process needs, also on a busy machine; only a failing test waits so long.
DEADLINE = 30.0

UNMEASURED: Mapping[str, None] = {"COVERAGE_PROCESS_CONFIG": None, "COVERAGE_PROCESS_START": None}
"""For the environment of a process whose coverage cannot be measured: a traced one has no watchdog; another user may
not write what was measured, and a process without a disk cannot."""


class Process:
    """A process started in a folder of its own; use it as a context manager, which kills what is still running."""

    def __init__(
        self,
        *command: str | Path,
        cwd: Path,
        env: Mapping[str, str | None] | None = None,
        pass_fds: Collection[int] = (),
    ) -> None:
        self.command = [str(part) for part in command]
        self._lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._ended: set[str] = set()
        self._changed = threading.Condition()
        # In a session of its own: a Ctrl-C at the terminal of the test run is not for it, and its children die with it.
        self._popen = subprocess.Popen(
            self.command,
            cwd=cwd,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
            pass_fds=pass_fds,
        )
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=("stdout", self._popen.stdout), daemon=True),
            threading.Thread(target=self._read, args=("stderr", self._popen.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._popen.poll() is None:
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._join()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def stdout(self) -> str:
        return "".join(self._lines["stdout"])

    @property
    def stderr(self) -> str:
        return "".join(self._lines["stderr"])

    def wait_for(self, pattern: str, stream: str = "stdout", deadline: float = DEADLINE) -> str:
        """The first line in which the regular expression is found; fails when the stream ends without it."""
        wanted = re.compile(pattern)

        def found() -> bool:
            return any(wanted.search(line) for line in self._lines[stream])

        with self._changed:
            self._changed.wait_for(lambda: found() or stream in self._ended, deadline)
        for line in self._lines[stream]:
            if wanted.search(line):
                return line
        raise AssertionError(f"no line {pattern!r} on {stream}\n{self.report()}")

    def wait_for_port(self, port: int, host: str = "127.0.0.1", deadline: float = DEADLINE) -> None:
        """Return when somebody listens there; fails at once when the process ends before."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            try:
                socket.create_connection((host, port), timeout=1).close()
            except OSError:
                # A port has no event for the one who waits outside; the end of the process has.
                if self.ended_within(0.02):
                    break
            else:
                return
        raise AssertionError(f"nobody listens on {host}:{port}\n{self.report()}")

    def send(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def wait(self, deadline: float = DEADLINE) -> int:
        """The exit code, when the process has ended and its output is read to the end."""
        try:
            code = self._popen.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {deadline} s\n{self.report()}") from None
        self._join()
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait for the exit code."""
        self.send(number)
        return self.wait()

    def report(self) -> str:
        """What a reader of a failed test wants to see."""
        return (
            f"command: {self.command}\nexit code: {self._popen.poll()}\n"
            f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}\n---"
        )

    def ended_within(self, seconds: float) -> bool:
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._lines[name].append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended.add(name)
            self._changed.notify_all()

    def _join(self) -> None:
        for reader in self._readers:
            reader.join(DEADLINE)


def python(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str | None] | None = None, pass_fds: Collection[int] = ()
) -> Process:
    """This interpreter, with the packages of this environment, started the way a user does."""
    return Process(sys.executable, *arguments, cwd=cwd, env=env, pass_fds=pass_fds)


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment of a started process: this one's, without what would configure the application under test.

    A change to `None` takes a variable away.
    """
    foreign = {"ASAB_CONFIG", "NOTIFY_SOCKET", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    # `python3` of a documented command line is the interpreter that runs the tests.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    wanted = kept | {"PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "error"} | dict(changes or {})
    return {name: value for name, value in wanted.items() if value is not None}


def free_port() -> int:
    """A TCP port on which nobody listened a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
