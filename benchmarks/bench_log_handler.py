"""What a record to a TCP sink costs its caller, and how many arrive in a second: the sink is healthy, slow, gone.

The sink is a process of its own on loopback. All use one formatter, and log in turns of a hundred records, between
which whoever has an event loop gives it a turn. A slow sink takes some thousand records a second.
"""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import queue
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from harness import show

from asab_log import AsyncIOHandler, StructuredDataFormatter
from asab_log.formatters import FILE_FORMAT

HEALTHY, SLOW, GONE = "healthy", "slow", "gone"
RECORDS = {HEALTHY: 20_000, SLOW: 60_000, GONE: 20_000}
ROUNDS = {HEALTHY: 9, SLOW: 3, GONE: 7}
TURN = 100
MESSAGE = "the request was answered"
SLOW_BYTES, SLOW_PAUSE = 16384, 0.01


class Result(NamedTuple):
    """What one contender has done in one round."""

    p50: float  # of the time that a call takes, in seconds
    p99: float
    worst: float
    rate: float  # records a second: arrived, if the sink is healthy, else taken from the caller
    lost: int  # records that will never be sent
    waiting: int  # records in memory at the end


def sink(state: str) -> None:
    """Be the sink: tell the port, then when the records are there."""
    listener = socket.socket()
    if state == SLOW:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BYTES)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    count = 0
    while data := connection.recv(SLOW_BYTES if state == SLOW else 1 << 20):
        count += data.count(b"\n") + data.count(b"\0")
        if count == 1:
            print("first", flush=True)
        if count == RECORDS[state] + 1:
            print("last", flush=True)
        if state == SLOW:
            time.sleep(SLOW_PAUSE)


class Sink:
    """The process of a sink."""

    def __init__(self, state: str) -> None:
        """Start it."""
        command = [sys.executable, __file__, state]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.read())

    def read(self) -> str:
        """Wait for what it tells next."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def result(times: list[float], seconds: float, lost: int, waiting: int) -> Result:
    """Return the figures of a round."""
    cuts = statistics.quantiles(times, n=100)
    return Result(statistics.median(times), cuts[98], max(times), len(times) / seconds, lost, waiting)


def log_turn(log: Callable[..., None], times: list[float]) -> None:
    """Log a turn's records."""
    clock = time.perf_counter
    for n in range(TURN):
        begin = clock()
        log(MESSAGE, struct_data={"key1": "value1", "key2": n})
        times.append(clock() - begin)


def logger_of(handler: logging.Handler) -> logging.Logger:
    """Return the logger that writes through this handler alone."""
    logger = logging.getLogger("bench.handler")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.INFO)
    return logger


def formatter() -> logging.Formatter:
    """Return the formatter of all; it writes PRI where the handler does not."""
    return StructuredDataFormatter(fmt=FILE_FORMAT)


async def ours(state: str) -> Result:
    """Log through `AsyncIOHandler`."""
    sink = Sink(state)
    handler = AsyncIOHandler(asyncio.get_running_loop(), socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", sink.port))
    handler.setFormatter(StructuredDataFormatter(fmt=f"<%(priority)s>{FILE_FORMAT}"))
    log = logger_of(handler).info
    log(MESSAGE)
    await asyncio.to_thread(sink.read)
    if state == GONE:
        sink.end()
    times: list[float] = []
    begin = time.perf_counter()
    while len(times) < RECORDS[state]:
        log_turn(log, times)
        await asyncio.sleep(0)
    if state == HEALTHY:
        await asyncio.to_thread(sink.read)
    seconds = time.perf_counter() - begin
    _, _, lost, waiting = handler.counts()
    handler.close()
    sink.end()
    return result(times, seconds, lost, waiting)


def stdlib(state: str, queued: bool) -> Result:
    """Log through the standard library: to the socket itself, or through a queue to a thread that does."""
    sink = Sink(state)
    lost = 0

    class Counting(logging.handlers.SysLogHandler):
        def handleError(self, record: logging.LogRecord) -> None:
            nonlocal lost
            lost += 1  # instead of a traceback on stderr

    target = Counting(("127.0.0.1", sink.port), socktype=socket.SOCK_STREAM)
    target.setFormatter(formatter())
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(waiting, target)
    listener.start()
    log = logger_of(logging.handlers.QueueHandler(waiting) if queued else target).info
    log(MESSAGE)
    sink.read()
    if state == GONE:
        sink.end()
    times: list[float] = []
    begin = time.perf_counter()
    while len(times) < RECORDS[state]:
        log_turn(log, times)
    if state == HEALTHY:
        sink.read()
    seconds = time.perf_counter() - begin
    left = waiting.qsize()
    lost_so_far = lost
    sink.end()
    listener.stop()
    target.close()
    return result(times, seconds, lost_so_far, left)


CONTENDERS: dict[str, Callable[[str], Result]] = {
    "SysLogHandler": lambda state: stdlib(state, queued=False),
    "QueueHandler": lambda state: stdlib(state, queued=True),
    "AsyncIOHandler": lambda state: asyncio.run(ours(state)),
}


def measure(state: str) -> dict[str, Result]:
    """Return the medians of each contender's rounds."""
    rounds: dict[str, list[Result]] = {name: [] for name in CONTENDERS}
    for _ in range(ROUNDS[state]):
        for name, contender in CONTENDERS.items():
            rounds[name].append(contender(state))
    return {name: Result(*map(statistics.median, zip(*results, strict=True))) for name, results in rounds.items()}


def main() -> None:
    """Measure all in all states, print the figures, and plot the times of a call."""
    p99, worst = {}, {}
    for state in (HEALTHY, SLOW, GONE):
        measured = measure(state)
        print(f"\nthe sink is {state}:")
        print(f"{'':<16}{'p50, µs':>10}{'p99, µs':>12}{'worst, ms':>12}{'records/s':>12}{'lost':>8}{'waiting':>9}")
        for name, r in measured.items():
            times = f"{r.p50 * 1e6:>10.1f}{r.p99 * 1e6:>12.1f}{r.worst * 1e3:>12.1f}"
            print(f"{name:<16}{times}{r.rate:>12,.0f}{r.lost:>8,.0f}{r.waiting:>9,.0f}")
        p99[state] = {name: r.p99 for name, r in measured.items()}
        worst[state] = {name: r.worst for name, r in measured.items()}
    show("a record to a sink, p99 of the call", p99, "AsyncIOHandler")
    show("a record to a sink, the longest call", worst, "AsyncIOHandler")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sink(sys.argv[1])
    else:
        main()
