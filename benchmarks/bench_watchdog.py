"""What the watchdog of the event loop costs: requests over loopback with it and without, and one turn of the loop.

Client and server share one loop, so that all its turns are counted. `streams` is the least that a server can do, at a
few microseconds a turn; `aiohttp` is the least of a web service: a route, JSON and an access log.
"""

from __future__ import annotations

import asyncio
import io
import logging
import selectors
import statistics
import threading
import time
import timeit
from collections.abc import Callable
from contextlib import AsyncExitStack

from aiohttp import web
from harness import show

from asab_app._watchdog import Turns, Watchdog, WatchedLoop

REQUESTS = {"streams": 10_000, "aiohttp": 3_000}
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
# "OK" ends the status line, and is the last word of both answers.
ROUNDS = 30


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer without looking at what was asked."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except asyncio.IncompleteReadError:
        writer.close()


def access_log() -> logging.Logger:
    """Return a logger that formats its records and throws them away."""
    logger = logging.getLogger("access")
    if not logger.handlers:
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(logging.StreamHandler(io.StringIO()))
    return logger


async def handler(_request: web.Request) -> web.Response:
    """Answer as the health check of a service does."""
    return web.json_response({"state": "OK"})


async def ask(kind: str) -> float:
    """Ask a server, one request after another; return the seconds of processor time that the process took for it."""
    async with AsyncExitStack() as stack:
        if kind == "streams":
            server = await stack.enter_async_context(await asyncio.start_server(answer, "127.0.0.1", 0))
        else:
            application = web.Application()
            application.router.add_get("/", handler)
            runner = web.AppRunner(application, access_log=access_log())
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            server = await asyncio.get_running_loop().create_server(runner.server, "127.0.0.1", 0)
            await stack.enter_async_context(server)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        begin = time.process_time()
        for _ in range(REQUESTS[kind]):
            writer.write(REQUEST)
            await reader.readuntil(b"OK")  # of the status line
            await reader.readuntil(b"OK")  # the body
        spent = time.process_time() - begin
        writer.close()
        await writer.wait_closed()
    return spent


def serve(kind: str, loop: asyncio.AbstractEventLoop, limit: float) -> float:
    """Have a server asked in a loop, with the watchdog or (0) without, and return what `ask` does."""
    watchdog = Watchdog(limit)
    watchdog.start(loop)
    spent = loop.run_until_complete(ask(kind))
    watchdog.stop()
    loop.close()
    return spent


def compare(kind: str) -> dict[str, float]:
    """Return the least time of each contender: all above it comes from the machine; and print what the pairs say."""
    contenders: dict[str, Callable[[], float]] = {
        "asyncio": lambda: serve(kind, asyncio.SelectorEventLoop(), 0),
        "watched": lambda: serve(kind, WatchedLoop(), 0.3),
    }
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(ROUNDS):  # who goes first changes from round to round
        for name in list(contenders)[:: 1 if number % 2 else -1]:
            measured[name].append(contenders[name]())
    ratio = statistics.median(w / p for w, p in zip(measured["watched"], measured["asyncio"], strict=True))
    each = min(measured["asyncio"]) / REQUESTS[kind] * 1e6
    print(f"{kind}: {each:.0f} us a request; the median of {ROUNDS} pairs is {(ratio - 1) * 100:+.2f} %")
    return {name: min(times) for name, times in measured.items()}


def turn() -> float:
    """Return the seconds that our selector adds to a wait which does not wait."""
    with Turns() as ours, selectors.DefaultSelector() as theirs:
        times = [
            [timeit.timeit(lambda selector=selector: selector.select(0), number=5_000) for selector in (ours, theirs)]
            for _ in range(50)
        ]
    return (min(a for a, _ in times) - min(b for _, b in times)) / 5_000


if __name__ == "__main__":
    # The C library is a percent faster in a process that has one thread; a server that looked up a name has more.
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    show("requests with the watchdog", {kind: compare(kind) for kind in REQUESTS}, "asyncio")
    print(f"a turn of the loop takes {turn() * 1e9:.0f} ns more")
