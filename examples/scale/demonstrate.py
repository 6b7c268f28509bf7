#!/usr/bin/env python3
"""Start a cluster of RabbitMQ and four processes of an application on loopback, kill one of each, and count.

    python3 -m examples.scale.demonstrate

It runs from the root of this repository, for the nodes are those of its tests, and needs RabbitMQ's programs.
"""

import argparse
import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

from tests.support.cluster import private_cluster
from tests.support.rabbitmq import Node

HERE = Path(__file__).parent
PROCESSES = 4
DOWN = 5.0
"""Seconds that the killed node stays away."""


class Count:
    """What the processes have said.

    Attributes:
        said: How often each order was accepted, and handled.
        done: The processes that have taken all their orders, by their ids.
    """

    def __init__(self) -> None:
        self.said: dict[str, Counter[str]] = {"accepted": Counter(), "handled": Counter()}
        self.done: set[int] = set()
        self._news = asyncio.Condition()

    async def take(self, process: int, line: str) -> None:
        """Take a line of a process."""
        what, _, order = line.partition(" ")
        if what in self.said:
            self.said[what][order] += 1
        if what == "done":
            self.done.add(process)
        async with self._news:
            self._news.notify_all()

    async def accepted(self, count: int) -> None:
        """Wait until so many orders are accepted."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.said["accepted"]) >= count)

    async def all_handled(self, processes: set[int]) -> None:
        """Wait until these processes are done, and each accepted order is handled."""
        async with self._news:
            await self._news.wait_for(lambda: self.done >= processes and not self.missing())

    def missing(self) -> set[str]:
        """What was accepted and not handled."""
        return set(self.said["accepted"]) - set(self.said["handled"])

    def __str__(self) -> str:
        """Return the count as one line."""
        counts = ", ".join(f"{len(orders)} {what}" for what, orders in self.said.items())
        return f"{counts}, {self.said['handled'].total() - len(self.said['handled'])} of them once more"


async def demonstrate(nodes: list[Node], orders: int) -> Count:
    """Run the application, with `orders` for each process to take, through the loss of a process and of a node."""
    count = Count()
    environment = os.environ | {"AMQP_URLS": ",".join(node.url for node in nodes), "ORDERS": str(orders)}
    command = [sys.executable, str(HERE / "application.py"), "-c", str(HERE / "application.conf")]
    processes = [
        await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        for _ in range(PROCESSES)
    ]
    reading = [asyncio.create_task(read(process, count)) for process in processes]
    try:
        await count.accepted(PROCESSES * orders // 4)
        print(count, "- now a process is killed", flush=True)
        processes[0].kill()
        await reading[0]
        await count.accepted(PROCESSES * orders // 2)
        print(count, "- now a node is killed", flush=True)
        await asyncio.to_thread(nodes[0].kill)
        await asyncio.sleep(DOWN)
        print(count, "- now it is started again", flush=True)
        await asyncio.to_thread(nodes[0].start)
        await count.all_handled({process.pid for process in processes[1:]})
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*reading)
    return count


async def read(process: asyncio.subprocess.Process, count: Count) -> None:
    """Count what a process says, until its end; what it had half said when it was killed does not count."""
    if process.stdout is not None:
        async for line in process.stdout:
            if line.endswith(b"\n"):
                await count.take(process.pid, line.decode().strip())
    await process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1000, help="how many orders each process takes, 1000 by default")
    arguments = parser.parse_args()
    with private_cluster(2) as nodes:
        nodes[0].ctl("import_definitions", str(HERE / "definitions.json"))
        count = asyncio.run(demonstrate([*nodes], arguments.orders))
    print(count)
    print("nothing is missing")


if __name__ == "__main__":
    main()
