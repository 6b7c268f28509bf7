"""The birth of a daemon: two forks, and a report to whoever asked for it.

The parent waits for the attendant, the attendant for the daemon: until it says that it is ready, or ends. What the
daemon writes to `sys.stderr` meanwhile the attendant passes on, and the exit code of the one is that of the other.
The daemon is in a session without a terminal and does not lead it, so that no terminal can become its own.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import sys
import warnings
from collections.abc import Iterator
from typing import NoReturn, TextIO

from asab_app._failures import program, say
from asab_app.errors import EX_SOFTWARE

_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP")
"""What ends the wait for a start ends the start."""

_LOOK = 0.05
"""How often the attendant looks after the daemon, in seconds: the pipes tell most, but children may keep them open."""


class Birth:
    """The daemon's end of the report."""

    def __init__(self, ready: int, stderr: int) -> None:
        """Take the pipes."""
        self._ready = ready
        self._stderr = stderr

    @contextlib.contextmanager
    def streams(self) -> Iterator[None]:
        """Give the streams of the process away, then let `sys.stderr` lead to whoever started it.

        The descriptors 0, 1 and 2 are for the block to redirect. Programs that the application starts have those and
        never the pipe, which nobody reads after the start.
        """
        sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
        try:
            yield
        finally:
            sys.stderr = _stream(self._stderr, "w")

    def announce(self) -> None:
        """Say that init-time has finished. From now on nobody hears `sys.stderr`."""
        sys.stderr.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stderr, inheritable=False)
        os.close(nowhere)
        with contextlib.suppress(BrokenPipeError):  # who waited is gone
            os.write(self._ready, b"!")
        os.close(self._ready)


def give_birth() -> Birth:
    """Fork the daemon.

    Returns:
        In the daemon alone; the parent ends with the exit code of the start.
    """
    _fill_standard_descriptors()
    _flush()
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # or there would be no exit code to wait for
    parent = os.getpid()
    ready, stderr = os.pipe(), os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _passed_on())
    if attendant := _fork():
        _leave_with(_Wait(attendant))
    os.setsid()
    if daemon := _fork():
        os.close(ready[1])
        os.close(stderr[1])
        _leave_with(_Attendance(daemon, ready[0], stderr[0]))
    os.close(ready[0])
    os.close(stderr[0])
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    _take_over_environment(parent)
    return Birth(ready[1], stderr[1])


class _Wait:
    """The parent's part."""

    def __init__(self, child: int) -> None:
        self.child = child
        self.broken_off = False

    def break_off(self, *_: object) -> None:
        """Let the signal reach the daemon, as its order to end."""
        self.broken_off = True
        os.kill(self.child, signal.SIGTERM)

    def exit_code(self) -> int:
        _, status = os.waitpid(self.child, 0)
        return self._failed_code(status) if status else 0

    def _failed_code(self, status: int) -> int:
        code = os.waitstatus_to_exitcode(status)
        if code > 0:
            return code
        if code == 0:
            say("the start in the background ended before it was finished")
            return EX_SOFTWARE
        say(f"the start in the background was ended by {signal.Signals(-code).name}")
        return 128 - code  # as shells have it


class _Attendance(_Wait):
    """The attendant's part."""

    def __init__(self, child: int, ready: int, stderr: int) -> None:
        super().__init__(child)
        self._ready = ready
        self._stderr = stderr
        self._open = {ready, stderr}

    def exit_code(self) -> int:
        while True:
            readable = self._readable()
            if self._stderr in readable:
                self._pass_on()
            if self._ready in readable:
                if os.read(self._ready, 1) and self._is_wanted():
                    return self._ready_code()
                self._open.discard(self._ready)
            child, status = os.waitpid(self.child, os.WNOHANG)
            if child:
                self._pass_on_rest()
                return self._failed_code(status)

    def _readable(self) -> list[int]:
        poll = select.poll()  # `select.select` knows 1024 files, and the program may have more
        for file in self._open:
            poll.register(file, select.POLLIN)
        return [file for file, _ in poll.poll(_LOOK * 1000)]

    def _is_wanted(self) -> bool:
        """Return whether the daemon goes on; from then on no signal reaches it from here."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _passed_on())
        if self.broken_off:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _passed_on())
        return not self.broken_off

    def _ready_code(self) -> int:
        self._pass_on_rest()
        with contextlib.suppress(OSError):
            os.write(1, f"{program()}: runs in the background, pid {self.child}\n".encode())
        return 0

    def _pass_on_rest(self) -> None:
        os.set_blocking(self._stderr, False)
        with contextlib.suppress(BlockingIOError):
            while self._stderr in self._open:
                self._pass_on()

    def _pass_on(self) -> None:
        data = os.read(self._stderr, 65536)
        if not data:
            self._open.discard(self._stderr)
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(2, data) :]


def _leave_with(wait: _Wait) -> NoReturn:
    """End this process as soon as it is known how; nothing of the program runs in it again, not at its exit either."""
    code = EX_SOFTWARE
    try:
        for number in _passed_on():
            signal.signal(number, wait.break_off)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _passed_on())
        code = wait.exit_code()
        _flush()
    finally:
        os._exit(code)


def _passed_on() -> list[signal.Signals]:
    numbers = [signal.Signals[name] for name in _PASSED_ON]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]  # as under nohup


def _fork() -> int:
    with warnings.catch_warnings():
        # Threads of libraries' own; those that Python knows have been refused.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _fill_standard_descriptors() -> None:
    """Open what is closed of 0, 1 and 2, or a pipe would be taken for a standard stream."""
    while (file := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(file, True)
    os.close(file)


def _flush() -> None:
    """Write what is buffered, so that no two processes do."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            with contextlib.suppress(OSError):
                stream.flush()


def _stream(file: int, mode: str) -> TextIO:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    binary = io.FileIO(file, mode, closefd=False)
    buffered = io.BufferedReader(binary) if mode == "r" else io.BufferedWriter(binary)
    return io.TextIOWrapper(buffered, encoding, "backslashreplace", line_buffering=True)


def _take_over_environment(parent: int) -> None:
    """Let what a service manager has handed to the parent be the daemon's: it is told by the pid."""
    for name in ("LISTEN_PID", "WATCHDOG_PID"):
        if os.environ.get(name) == str(parent):
            os.environ[name] = str(os.getpid())
