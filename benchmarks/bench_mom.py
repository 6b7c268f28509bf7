"""Messages through RabbitMQ: asab-mom beside aioamqp, whose handshake it uses, aio-pika and pika.

The broker is a node of our own on the first of two processors, all clients are in one process on the second. They take
turns: what counts is the median of the ratios of one round, once of the time, and once of the processor's time, which
other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
from collections.abc import Awaitable, Callable

import aioamqp

import asab_mom
from asab_app import Application
from benchmarks.harness import show
from benchmarks.mom_peers import Aioamqp, AioPika, Contender, Ours, Pika, Span
from tests.support.rabbitmq import private_node

CONTENDERS: dict[str, type[Contender]] = {
    "asab-mom": Ours,
    "aioamqp": Aioamqp,
    "aio-pika": AioPika,
    "pika": Pika,
}
BASE = "aioamqp"
SIZES = {"100 B": 100, "10 kB": 10_000}
LIMITS = {"x-max-length": 1000}

Seconds = tuple[float, float]
Run = Callable[[str, Contender, bytes], Awaitable[Seconds]]


class Benchmark(Application):
    """Opens all contenders and has each work in turn."""

    def __init__(self, url: str, count: int, rounds: int) -> None:
        """Have so many messages sent in each of so many rounds."""
        self._url, self._count, self._rounds = url, count, rounds
        super().__init__([])

    async def initialize(self) -> None:
        self.add_module(asab_mom.Module)

    async def main(self) -> None:
        transport, protocol = await aioamqp.from_url(self._url)
        self._channel = await protocol.channel()
        await self._channel.queue_declare("sink", arguments=LIMITS)
        contenders = {name: contender() for name, contender in CONTENDERS.items()}
        for contender in contenders.values():
            await contender.open(self, self._url)
        runs: dict[str, Run] = {
            "published with confirms, 500 in flight": lambda n, c, body: self._publish(c, body, self._count, 500),
            "published, one confirm at a time": lambda n, c, body: self._publish(c, body, self._count // 5, 1),
            "consumed, prefetch 100": lambda n, c, body: self._consume(n, c, body, self._count),
        }
        for title, run in runs.items():
            await self._measure(title, run, contenders)
        for contender in contenders.values():
            await contender.close()
        await protocol.close()
        transport.close()
        self.stop()

    async def _measure(self, title: str, run: Run, contenders: dict[str, Contender]) -> None:
        time, cpu = {}, {}
        for size, length in SIZES.items():
            rounds: dict[str, list[Seconds]] = {name: [] for name in contenders}
            for number in range(self._rounds + 1):
                for name, contender in contenders.items():
                    seconds = await run(name, contender, b"x" * length)
                    if number:  # the first warms up
                        rounds[name].append(seconds)
            time[size], cpu[size] = (ratios(rounds, which) for which in (0, 1))
            report(f"{title}, {size}", rounds)
        show(f"A message {title}", time, BASE)
        show(f"A message {title}, processor time", cpu, BASE)

    async def _publish(self, contender: Contender, body: bytes, count: int, in_flight: int) -> Seconds:
        span = Span(2)
        span.hit()
        await contender.publish(body, "sink", count, in_flight)
        span.hit()
        return span.seconds[0] / count, span.seconds[1] / count

    async def _consume(self, name: str, contender: Contender, body: bytes, count: int) -> Seconds:
        queue = f"source.{name}"
        await self._channel.queue_declare(queue)
        for _ in range(count):
            await self._channel.basic_publish(body, "", queue)
        await self._has(queue, count)
        span = Span(count)
        await contender.consume(queue, span)
        await self._has(queue, 0)
        return span.seconds[0] / count, span.seconds[1] / count

    async def _has(self, queue: str, count: int) -> None:
        """Wait until a queue has so many messages; what was not acknowledged comes back when its channel ends."""
        async with asyncio.timeout(60):
            while (await self._channel.queue_declare(queue, passive=True))["message_count"] != count:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)


def ratios(rounds: dict[str, list[Seconds]], which: int) -> dict[str, float]:
    """Return the median of each contender's ratios to the base in the same round."""
    base = [seconds[which] for seconds in rounds[BASE]]
    return {
        name: statistics.median(mine[which] / theirs for mine, theirs in zip(seconds, base, strict=True))
        for name, seconds in rounds.items()
    }


def report(title: str, rounds: dict[str, list[Seconds]]) -> None:
    """Print what a message takes each, and how many go in a second."""
    print(f"\n{title}:\n{'':<12}{'messages/s':>12}{'times base':>12}{'µs of processor':>18}{'times base':>12}")
    time, cpu = ratios(rounds, 0), ratios(rounds, 1)
    for name, seconds in rounds.items():
        wall, used = (statistics.median(column) for column in zip(*seconds, strict=True))
        rates = f"{1 / wall:>12,.0f}{1 / time[name]:>12.2f}"
        print(f"{name:<12}{rates}{used * 1e6:>18.1f}{1 / cpu[name]:>12.2f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000, help="messages a turn")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {0})
    with private_node() as node:
        os.sched_setaffinity(0, {1})
        logging.disable(logging.WARNING)
        Benchmark(node.url, arguments.count, arguments.rounds).run()


if __name__ == "__main__":
    main()
