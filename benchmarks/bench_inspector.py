"""What the live page costs a web server: with nobody at it, and with somebody at each of its panels.

One server without it is the base. The same requests are asked in turn with nobody, and with somebody who looks; the
figures are medians of ratios, round by round. The access log goes to a file, so that each request is a record.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from web_load import Server, Turn, ask, begin, ratios, running

BASE = "without the page"
PANELS = ("state", "log", "metrics", "bus", "tasks", "configuration")
CONNECTIONS = 32


@contextmanager
def watching(server: Server, panel: str) -> Iterator[None]:
    """Look at a panel, as an open page does."""
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def look() -> None:
        url = f"http://127.0.0.1:{server.port}/asab/inspector/socket"
        async with aiohttp.ClientSession() as session, session.ws_connect(url, max_msg_size=0) as socket:
            await socket.send_json({"look": panel})
            await socket.receive()
            ready.set()
            receiving = asyncio.create_task(receive(socket))
            await done.wait()
            receiving.cancel()

    async def receive(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for _ in socket:
            pass

    watcher = threading.Thread(target=loop.run_until_complete, args=(look(),))
    watcher.start()
    ready.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(done.set)
        watcher.join()
        loop.close()


def measure(rounds: int, seconds: int) -> dict[str, list[Turn]]:
    """Ask in turn, round by round."""
    contenders = {BASE: "asab-web log", "with it": "asab-web log inspector"}
    turns: dict[str, list[Turn]] = {}

    def take(name: str, server: Server) -> None:
        turns.setdefault(name, []).append(ask(server, CONNECTIONS, seconds))

    with running(contenders) as servers:
        bare, inspected = servers.values()
        for server in servers.values():
            ask(server, CONNECTIONS, seconds)
        for _ in range(rounds):
            take(BASE, bare)
            take("nobody looks", inspected)
            for panel in PANELS:
                with watching(inspected, panel):
                    ask(inspected, CONNECTIONS, 1)  # a page is open for longer than its first second
                    take(panel, inspected)
            take("nobody looks any more", inspected)
    return turns


if __name__ == "__main__":
    arguments = begin(__doc__, rounds=15)
    turns = measure(arguments.rounds, arguments.seconds)
    bases = {name: BASE if name.startswith("nobody") or name == BASE else "nobody looks" for name in turns}
    processor, wall = ratios(turns, bases, "processor"), ratios(turns, bases, "wall")
    print(f"{CONNECTIONS} connections, beside {BASE!r}, and with somebody beside 'nobody looks':")
    for name, each in turns.items():
        rate = statistics.median(1 / turn.wall for turn in each)
        speed = f"throughput {1 / wall[name]:.3f} ({rate:,.0f}/s)"
        print(f"{name:<24} {speed}  processor time of a request {processor[name]:.3f}")
