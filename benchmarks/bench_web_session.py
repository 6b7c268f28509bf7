"""A request that reads its session, and one that changes it, beside aiohttp-session and starsessions.

Sessions are in memory, in Redis, or in the cookie: ours and aiohttp-session encrypt it, starsessions signs it. The time
is the processor's of the server; what Redis takes itself is not in it. The base is bare aiohttp without any session.
"""

from __future__ import annotations

import http.client
import statistics
import tempfile
from pathlib import Path

from harness import show
from web_load import Server, Turn, ask, begin, ratios, running

CONTENDERS = {
    "aiohttp, no session": "aiohttp",
    "asab-web, memory": "asab-web memory",
    "starsessions, memory": "starsessions memory uvloop",
    "asab-web, Redis": "asab-web redis",
    "aiohttp-session, Redis": "aiohttp redis",
    "starsessions, Redis": "starsessions redis uvloop",
    "asab-web, cookie": "asab-web cookie",
    "aiohttp-session, cookie": "aiohttp cookie",
    "starsessions, cookie (signed)": "starsessions cookie uvloop",
}
BASE = "aiohttp, no session"
CONNECTIONS = 32
SESSIONS = 8 * CONNECTIONS


def begin_session(server: Server) -> str:
    """Return the cookie of a new session."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/write")
    cookie = connection.getresponse().getheader("Set-Cookie")
    connection.close()
    if not cookie:
        raise RuntimeError("the server has set no cookie")
    return cookie.partition(";")[0]


def cookies(folder: str, name: str, server: Server) -> Path | None:
    """Begin the sessions of a server; return the file with their cookies."""
    if name == BASE:
        return None
    path = Path(folder, f"{server.port}.txt")
    path.write_text("".join(begin_session(server) + "\n" for _ in range(SESSIONS)))
    return path


def measure(rounds: int, seconds: int) -> dict[str, dict[str, list[Turn]]]:
    """Ask all contenders in turn, for reading and for writing."""
    measured: dict[str, dict[str, list[Turn]]] = {way: {name: [] for name in CONTENDERS} for way in ("read", "write")}
    with tempfile.TemporaryDirectory() as folder, running(CONTENDERS) as servers:
        files = {name: cookies(folder, name, server) for name, server in servers.items()}
        for number in range(rounds):
            for way, turns in measured.items():
                for name in list(servers)[:: 1 if number % 2 else -1]:
                    path = "/" if name == BASE else f"/{way}"
                    turns[name].append(ask(servers[name], CONNECTIONS, seconds, path, files[name]))
    return measured


if __name__ == "__main__":
    arguments = begin(__doc__, rounds=9)
    measured = measure(arguments.rounds, arguments.seconds)
    base = dict.fromkeys(CONTENDERS, BASE)
    columns = {way: ratios(turns, base, "processor") for way, turns in measured.items()}
    show("processor time of a request with a session", columns, BASE)
    for way, turns in measured.items():
        print(f"\n{way}:")
        for name, each in turns.items():
            microseconds = statistics.median(turn.processor for turn in each) * 1e6
            rate = statistics.median(1 / turn.wall for turn in each)
            print(f"{name:<30} {microseconds:6.1f} us of the processor, {rate:,.0f}/s")
