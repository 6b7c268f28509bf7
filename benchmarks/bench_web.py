"""A request to a server, with its access log to a file and without, on asyncio and on uvloop, beside bare aiohttp.

Litestar and FastAPI on uvicorn are there for the record: other servers, another parser.
"""

from __future__ import annotations

import statistics

from harness import show
from web_load import Turn, ask, begin, ratios, running

LOG = {
    "aiohttp": "aiohttp log",
    "asab-web": "asab-web log",
    "aiohttp on uvloop": "aiohttp log uvloop",
    "asab-web on uvloop": "asab-web log uvloop",
    "Litestar on uvicorn": "litestar log uvloop",
    "FastAPI on uvicorn": "fastapi log uvloop",
}
CONNECTIONS = (1, 32, 256)
PROCESSES = 5  # of each, one after the other

Turns = dict[str, list[Turn]]


def measure(contenders: dict[str, str], rounds: int, seconds: int) -> dict[int, Turns]:
    """Ask all contenders in turn, that many rounds in each process; who goes first changes from round to round.

    One program may be some percent faster than another for as long as its process lives, so each has several.
    """
    measured: dict[int, Turns] = {connections: {name: [] for name in contenders} for connections in CONNECTIONS}
    for _ in range(PROCESSES):
        with running(contenders) as servers:
            for server in servers.values():
                ask(server, 32, seconds)
            for number in range(rounds):
                for connections in CONNECTIONS:
                    for name in list(servers)[:: 1 if number % 2 else -1]:
                        measured[connections][name].append(ask(servers[name], connections, seconds))
    return measured


def report(title: str, measured: dict[int, Turns]) -> None:
    """Show what a request costs, and print what a user sees: throughput and the slowest percent."""
    names = list(measured[CONNECTIONS[0]])
    bare = dict.fromkeys(names, "aiohttp")
    columns = {f"{each} connections": ratios(turns, bare, "processor") for each, turns in measured.items()}
    show(f"processor time of a request, {title}", columns, "aiohttp")
    for connections, turns in measured.items():
        print(f"\n{title}, {connections} connections, beside aiohttp on the same loop:")
        same = {name: "aiohttp on uvloop" if name.endswith("uvloop") else "aiohttp" for name in names}
        wall, processor, p99 = (ratios(turns, same, field) for field in ("wall", "processor", "p99"))
        for name, each in turns.items():
            microseconds = statistics.median(turn.processor for turn in each) * 1e6
            rate = statistics.median(1 / turn.wall for turn in each)
            print(
                f"{name:<22} throughput {1 / wall[name]:.3f} ({rate:,.0f}/s)  "
                f"processor time {processor[name]:.3f} ({microseconds:.1f} us)  p99 {p99[name]:.2f}"
            )


if __name__ == "__main__":
    arguments = begin(__doc__, rounds=3)
    silent = {name: words.replace(" log", "") for name, words in LOG.items()}
    for title, contenders in (("access log to a file", LOG), ("no access log", silent)):
        report(title, measure(contenders, arguments.rounds, arguments.seconds))
