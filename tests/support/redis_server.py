"""A Redis server of our own for tests: on loopback, on a free port, in memory only, gone with the test.

The fixture `redis_url` is for tests that do their server no harm; those that do have a server of their own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from tests.support.guard import Guard
from tests.support.rabbitmq import STOP_TIMEOUT, free_port

MISSING = "no Redis: install it (apt-get install redis-server) or set ASAB_TEST_REDIS_URL=redis://host:port/database"
PASSWORD = "correct-horse"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of the run's server: the one of the environment, or a server of our own."""
    if given := os.environ.get("ASAB_TEST_REDIS_URL"):
        yield given
        return
    with private_redis() as server:
        yield server.url


@contextlib.contextmanager
def private_redis() -> Iterator[RedisServer]:
    """A server that is the test's own, to be killed and frozen."""
    if shutil.which("redis-server") is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="asab-redis-", ignore_cleanup_errors=True) as folder:
        server = RedisServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()


class RedisServer:
    """A Redis server with a password. Its port outlives a kill, its data do not."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[str] | None = None
        self._guard: Guard | None = None

    def start(self) -> None:
        """Start, and return when it answers."""
        options = {"bind": "127.0.0.1", "port": str(self.port), "dir": self._folder, "requirepass": PASSWORD}
        options |= {"save": "", "appendonly": "no"}
        self._process = subprocess.Popen(
            ["redis-server", *(word for option, value in options.items() for word in (f"--{option}", value))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._guard = Guard(self._process.pid, self._folder)
        assert self._process.stdout is not None
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if "Ready to accept connections" in line:
                return
        raise RuntimeError(f"Redis does not start:\n{''.join(lines)}")

    def kill(self) -> None:
        """End it at once, with all that it holds."""
        if self._guard is not None:
            self._guard.dismiss()
            self._guard = None
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def freeze(self) -> None:
        """Have it say and do nothing, with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
