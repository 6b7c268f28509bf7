"""What befalls a broker, its network and those who consume from it, by chance; and what came of the messages."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import TYPE_CHECKING

from tests.support.processes import environment

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from tests.support.mom import LogWatch
    from tests.support.proxy import Proxy
    from tests.support.rabbitmq import Node

_PROGRAM = """
import asyncio, os, sys
import asab_app, asab_mom
from asab_mom.amqp import AMQPBroker

class Consumer(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_mom.Module)
        options = {"url": sys.argv[1], "heartbeat": 1, "reconnect_delay": 0.5, "prefetch_count": 100}
        self.broker = AMQPBroker(self, config=options)
        self.broker.subscribe(sys.argv[2])
        self.broker.add(sys.argv[2], self.handle)

    async def handle(self, properties, body):
        await asyncio.sleep(0)  # an acknowledgement before the end would come now
        os.write(1, body + b"\\n")

Consumer(args=[]).run()
"""


class ConsumerProcess:
    """A process that handles messages, killed and started again.

    Attributes:
        handled: How often each message was handled, by its body.
    """

    def __init__(self, url: str, queue: str) -> None:
        self.handled: Counter[bytes] = Counter()
        self._command = [sys.executable, "-c", _PROGRAM, url, queue]
        self._news = asyncio.Event()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env=environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        self._reading = asyncio.ensure_future(self._read())

    async def kill(self) -> None:
        """End it without a chance to do anything (SIGKILL), and count what it had handled."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def stop(self) -> int:
        """End it in order; return its exit code."""
        self._process.terminate()
        await self._reading
        return await self._process.wait()

    async def until(self, bodies: set[bytes]) -> None:
        """Return when each of these was handled."""
        while not self.handled.keys() >= bodies:
            self._news.clear()
            await self._news.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.handled[line.rstrip()] += 1
            self._news.set()


class Faults:
    """Faults of all kinds, each over, and noticed, when its method returns; the order is chance, from a seed."""

    def __init__(self, node: Node, proxy: Proxy, consumer: ConsumerProcess, log: LogWatch) -> None:
        self._node = node
        self._proxy = proxy
        self._consumer = consumer
        self._log = log

    def choose(self, chance: random.Random, count: int) -> list[Callable[[], Awaitable[None]]]:
        """So many faults in an order of chance, of each kind as many as of the others, or one more."""
        kinds = [
            self.kill_node,
            self.restart_node,
            self.freeze_node,
            self.close_connections,
            self.alarm_memory,
            self.cut_line,
            self.silence_line,
            self.slow_line,
            self.kill_consumer,
        ]
        rounds = [kind for _ in range(count // len(kinds)) for kind in kinds] + chance.sample(kinds, count % len(kinds))
        return chance.sample(rounds, len(rounds))

    async def kill_node(self) -> None:
        await asyncio.to_thread(self._node.kill)
        await asyncio.to_thread(self._node.start)

    async def restart_node(self) -> None:
        await asyncio.to_thread(self._node.stop)
        await asyncio.to_thread(self._node.start)

    async def freeze_node(self) -> None:
        self._node.freeze()
        await self._noticed("no sign of life")
        self._node.thaw()

    async def close_connections(self) -> None:
        lost = asyncio.ensure_future(self._noticed("No connection to"))
        await asyncio.to_thread(self._node.ctl, "close_all_connections", "because")
        await lost

    async def alarm_memory(self) -> None:
        blocked = asyncio.ensure_future(self._noticed("takes no messages"))
        await asyncio.to_thread(self._node.alarm, memory=True)
        await blocked
        await asyncio.to_thread(self._node.alarm, memory=False)

    async def cut_line(self) -> None:
        lost = asyncio.ensure_future(self._noticed("No connection to"))
        await self._proxy.cut()
        await lost

    async def silence_line(self) -> None:
        self._proxy.silence()
        await self._noticed("no sign of life")
        await self._proxy.cut()

    async def slow_line(self) -> None:
        self._proxy.slow_down(0.1)
        await asyncio.sleep(2)  # that long is the fault
        self._proxy.heal()

    async def kill_consumer(self) -> None:
        await self._consumer.kill()
        await self._consumer.start()

    async def _noticed(self, text: str) -> None:
        """Wait for another line of the log with this text, from whoever publishes."""
        await self._log.wait_for(text, self._log.count(text) + 1)
