"""What the tests of the log share: a configuration that is put back, a root logger that is, and servers that listen."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from asab_config import Config
from asab_log import StructuredDataFormatter
from asab_log._log_file import LogFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

SECTIONS = ("logging", "logging:console", "logging:file", "logging:syslog")


@pytest.fixture
def configure() -> Iterator[Callable[[str], None]]:
    """Give a function that reads configuration text; what it changed is put back."""
    before = {section: dict(Config.items(section)) for section in SECTIONS}
    yield Config.read_string
    for section, options in before.items():
        for option in set(Config.options(section)) - set(options):
            Config.remove_option(section, option)
        for option, value in options.items():
            Config.set(section, option, value)


@pytest.fixture(autouse=True)
def untouched_root() -> Iterator[None]:
    """Hold the tests to leaving the root logger as they found it."""
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    yield
    assert (root.level, list(root.handlers)) == before


class Lines(logging.Handler):
    """Keeps each formatted record."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Give the list of all that is logged, as `name|struct data|message`, with the file and line where it was."""
    formatter = StructuredDataFormatter(fmt="%(name)s|%(struct_data)s|%(message)s|%(filename)s:%(lineno)d")
    handler = Lines(formatter)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def record() -> Callable[..., logging.LogRecord]:
    """Give a function that makes the documentation's record, with whatever fields shall differ."""

    def make(**fields: object) -> logging.LogRecord:
        return logging.makeLogRecord(
            {"name": "myapp.mymodule", "levelno": logging.INFO, "levelname": "INFO", "msg": "Hello world!", **fields}
        )

    return make


class LineServer:
    """A TCP server that keeps the lines it reads, can die with its connections, and comes back on the same port."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**21)
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for writer in self._connections.values():
            writer.transport.abort()
        if self._connections:
            await asyncio.wait(self._connections)
        await self._server.wait_closed()
        self._server = None

    async def take(self, count: int) -> list[str]:
        async with asyncio.timeout(30):
            return [await self.lines.get() for _ in range(count)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            while line := await reader.readline():
                assert line.endswith(b"\n")
                self.lines.put_nowait(line[:-1].decode())
        except ConnectionError:
            pass
        finally:
            writer.close()
            del self._connections[task]


@pytest.fixture
async def line_server() -> AsyncIterator[LineServer]:
    """Give a running `LineServer`."""
    server = LineServer()
    await server.start()
    yield server
    await server.die()


@pytest.fixture
def opened() -> Iterator[Callable[..., LogFile]]:
    """Give a function that opens a log file, which is closed at the end."""
    files: list[LogFile] = []

    def open_file(path: Path, backup_count: int = 0, **rotation: float) -> LogFile:
        files.append(LogFile(path, backup_count, **rotation))  # type: ignore[arg-type]
        return files[-1]

    yield open_file
    for file in files:
        file.close()


@pytest.fixture
def run_script() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs Python code in a process of its own, with warnings as errors."""

    def run(code: str, *args: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", code, *args]
        kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
        return subprocess.run(command, text=True, timeout=60, check=False, **kwargs)

    return run
