"""Servers in processes of their own, asked by wrk in short turns; what a request costs, beside a base in each round.

Two figures for speed: what passes on the wall, and the processor time of the server's process for each request. The
second hardly feels what else runs on the machine. Server and wrk have a core each.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

PROGRAM = Path(__file__).with_name("web_servers.py")
SERVER_CORE, CLIENT_CORE = "0", "1"

_RESULT = """
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %f %d\\n", summary.requests, summary.duration, latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""

# Each request has one of the cookies, in turn.
_COOKIES = """
local requests, turn = {}, 0
for line in io.lines("%s") do
  requests[#requests + 1] = wrk.format("GET", nil, {["Host"] = "127.0.0.1", ["Cookie"] = line})
end
function request()
  turn = turn + 1
  return requests[turn %% #requests + 1]
end
"""


class Server(NamedTuple):
    """A server that runs, in one process or in several."""

    port: int
    processes: tuple[subprocess.Popen[bytes], ...]

    def processor_time(self) -> float:
        """Return the seconds of processor time that all its threads have had."""
        tasks = [task for each in self.processes for task in Path(f"/proc/{each.pid}/task").iterdir()]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def memory(self) -> int:
        """Return the bytes of its memory that are no files."""
        texts = [Path(f"/proc/{each.pid}/status").read_text() for each in self.processes]
        return sum(int(text.split("RssAnon:")[1].split()[0]) for text in texts) * 1024


class Turn(NamedTuple):
    """What one turn of wrk has found, as times: less is better."""

    wall: float
    processor: float
    p99: float


def begin(description: str | None, rounds: int) -> argparse.Namespace:
    """Return `rounds` and `seconds` of the command line, and go before other work."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=int, default=2, help="of each turn")
    arguments = parser.parse_args()
    be_quick()
    return arguments


def be_quick() -> None:
    """Go before other work on the machine, where that is allowed."""
    if os.geteuid() == 0:
        os.nice(-15)


@contextmanager
def running(contenders: Mapping[str, str], cores: Sequence[str] = (SERVER_CORE,)) -> Iterator[dict[str, Server]]:
    """Start the servers, each as a kind and its options, a process for each core; stop them at the end."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers: dict[str, Server] = {}
        for name, words in contenders.items():
            kind, *options = words.split()
            port = free_port()
            command = [sys.executable, str(PROGRAM), kind, str(port), folder, *options]
            servers[name] = Server(port, tuple(subprocess.Popen(["taskset", "-c", core, *command]) for core in cores))
            for process in servers[name].processes:
                stack.callback(process.wait, 30)
                stack.callback(process.terminate)
        for server in servers.values():
            wait_for(server.port)
        yield servers


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until a server listens."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nobody listens on port {port}")


def ask(
    server: Server,
    connections: int,
    seconds: int,
    path: str = "/",
    cookies: Path | None = None,
    core: str = CLIENT_CORE,
) -> Turn:
    """Have wrk ask a server.

    Raises:
        RuntimeError: If a request failed.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_RESULT + (_COOKIES % cookies if cookies else ""))
        script.flush()
        url = f"http://127.0.0.1:{server.port}{path}"
        wrk = ["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url]
        before = server.processor_time()
        printed = subprocess.run(wrk, check=True, text=True, stdout=subprocess.PIPE).stdout
        spent = server.processor_time() - before
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) (\d+)", printed)
    if found is None or found[4] != "0" or found[1] == "0":
        raise RuntimeError(f"{url}: requests failed:\n{printed}")
    requests, microseconds, p99 = int(found[1]), int(found[2]), float(found[3])
    return Turn(microseconds / 1e6 / requests, spent / requests, p99 / 1e6)


def ratios(turns: Mapping[str, Sequence[Turn]], bases: Mapping[str, str], field: str) -> dict[str, float]:
    """Return the median of each contender's ratios to its base, round by round."""
    values = {name: [float(getattr(turn, field)) for turn in each] for name, each in turns.items()}
    return {
        name: statistics.median(mine / base for mine, base in zip(values[name], values[bases[name]], strict=True))
        for name in values
    }
