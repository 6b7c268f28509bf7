"""`Server`: exchanges and queues inside this process, with the routing of AMQP 0-9-1 (section 3.1) and no I/O.

The rules:

1. The exchange "" routes to the queue that is named like the target. `amq.direct`, `amq.fanout` and `amq.topic` are
   there.
2. A message goes once to each queue that a binding leads to; one that none leads to is gone.
3. A queue hands its messages to its consumers in turn, each of which has no more than its prefetch unsettled.
4. A returned message goes back to its place at the head of the queue; so do those of a consumer that is dropped.
5. A queue with `x-message-ttl` gives each message that is still there after so many milliseconds to the queue of its
   `x-dead-letter-routing-key`. A message with an expiration does not wait longer than that either.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import types
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from asab_mom.message import Message, Outcome, PublishError, UnroutableError

Settle: TypeAlias = Callable[[Outcome], None]
NO_ARGUMENTS: Mapping[str, Any] = types.MappingProxyType({})

_servers: dict[str, Server] = {}


class Consumer:
    """One who takes messages from a queue."""

    def __init__(self, prefetch: int, deliver: Callable[[Message, Settle], None]) -> None:
        """Make a consumer of no queue.

        Args:
            prefetch: How many messages it may hold unsettled.
            deliver: Called with each message and with what settles it.
        """
        self.prefetch = prefetch
        self.deliver = deliver
        self.unsettled: dict[int, Message] = {}


class Queue:
    """Messages in their order, numbered as they come in, and those who take them."""

    def __init__(self, lifetime: float = math.inf, expired: Callable[[Message], None] | None = None) -> None:
        """Make an empty queue.

        Args:
            lifetime: Seconds that a message stays until it is expired.
            expired: Called with each message that is expired, with the loop running.
        """
        self._lifetime = lifetime
        self._expired = expired
        self._ready: deque[tuple[int, Message]] = deque()
        self._consumers: deque[Consumer] = deque()
        self._count = 0

    @property
    def waiting(self) -> list[Message]:
        """The messages that no consumer has."""
        return [message for _, message in self._ready]

    @property
    def consumers(self) -> int:
        """How many consumers it has."""
        return len(self._consumers)

    def put(self, message: Message) -> None:
        """Add a message at the end."""
        self._count += 1
        self._ready.append((self._count, message))
        self._hand_out()
        lifetime = min(self._lifetime, message.lifetime)
        if lifetime < math.inf:
            asyncio.get_running_loop().call_later(lifetime, self._expire, self._count)

    def add(self, consumer: Consumer) -> None:
        """Hand messages to a consumer from now on; to add it twice is to add it once."""
        if consumer not in self._consumers:
            self._consumers.append(consumer)
        self._hand_out()

    def remove(self, consumer: Consumer) -> None:
        """Hand it no more; what it holds it can still settle."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    def drop(self, consumer: Consumer) -> None:
        """Hand it no more and take back what it holds; whatever settles that later is void."""
        self.remove(consumer)
        lost, consumer.unsettled = consumer.unsettled, {}
        for number, message in lost.items():
            self._put_back(number, message)
        self._hand_out()

    def _expire(self, number: int) -> None:
        found = [entry for entry in self._ready if entry[0] == number]
        for entry in found:
            self._ready.remove(entry)
            if self._expired is not None:
                self._expired(entry[1])

    def _put_back(self, number: int, message: Message) -> None:
        before = sum(1 for other, _ in self._ready if other < number)
        self._ready.insert(before, (number, message))

    def _hand_out(self) -> None:
        while self._ready and (consumer := self._next()):
            number, message = self._ready.popleft()
            consumer.unsettled[number] = message
            consumer.deliver(message, lambda outcome, n=number, c=consumer: self._settle(c, n, outcome))  # type: ignore[misc]

    def _next(self) -> Consumer | None:
        for _ in range(len(self._consumers)):
            self._consumers.rotate(-1)
            if len(self._consumers[-1].unsettled) < self._consumers[-1].prefetch:
                return self._consumers[-1]
        return None

    def _settle(self, consumer: Consumer, number: int, outcome: Outcome) -> None:
        message = consumer.unsettled.pop(number, None)
        if message is not None and outcome is Outcome.RETURN:
            self._put_back(number, message)
        self._hand_out()


class Server:
    """Exchanges and queues under a name, shared by the brokers that name it."""

    def __init__(self) -> None:
        """Make a server with the exchanges that every AMQP server has."""
        self.queues: dict[str, Queue] = {}
        self._users = 0
        self._exchanges: dict[str, tuple[Callable[[str, str], bool], set[tuple[str, str]]]] = {
            "amq.direct": (str.__eq__, set()),
            "amq.fanout": (lambda key, target: True, set()),
            "amq.topic": (matches, set()),
        }

    @classmethod
    def join(cls, name: str) -> Server:
        """Return the server of a name, which is there as long as somebody has joined it."""
        server = _servers.setdefault(name, cls())
        server._users += 1
        return server

    def leave(self) -> None:
        """Undo one `join`; with the last one the server and its queues are gone."""
        self._users -= 1
        if not self._users:
            for name in [name for name, server in _servers.items() if server is self]:
                del _servers[name]

    def declare(self, name: str, arguments: Mapping[str, Any] = NO_ARGUMENTS) -> Queue:
        """Return the queue of a name; a new one when there is none, with arguments as of RabbitMQ."""
        if name not in self.queues:
            self.queues[name] = self._make_queue(arguments)
        return self.queues[name]

    def _make_queue(self, arguments: Mapping[str, Any]) -> Queue:
        if "x-message-ttl" not in arguments:
            return Queue()
        target = arguments["x-dead-letter-routing-key"]

        def expired(message: Message) -> None:
            properties = dataclasses.replace(message.properties, expiration=None)
            self.publish(dataclasses.replace(message, target=target, exchange="", properties=properties))

        return Queue(arguments["x-message-ttl"] / 1000, expired)

    def bind(self, queue: str, exchange: str, key: str) -> None:
        """Have an exchange route to a queue.

        Raises:
            PublishError: If there is no such exchange.
        """
        self._exchange(exchange)[1].add((key, queue))

    def delete(self, queue: str) -> None:
        """Remove a queue, with its messages and bindings, and those that wait to come back to it."""
        for name in [name for name in self.queues if name == queue or name.startswith(f"{queue}.retry.")]:
            del self.queues[name]
        for _, bindings in self._exchanges.values():
            bindings -= {binding for binding in bindings if binding[1] == queue}

    def publish(self, message: Message) -> None:
        """Route a message.

        Raises:
            PublishError: If there is no such exchange.
            UnroutableError: If the message is mandatory and no queue gets it.
        """
        queues = [self.queues[name] for name in self._route(message) if name in self.queues]
        if message.mandatory and not queues:
            raise UnroutableError(message.exchange, message.target)
        for queue in queues:
            queue.put(message)

    def _route(self, message: Message) -> set[str]:
        if not message.exchange:
            return {message.target}
        leads, bindings = self._exchange(message.exchange)
        return {queue for key, queue in bindings if leads(key, message.target)}

    def _exchange(self, name: str) -> tuple[Callable[[str, str], bool], set[tuple[str, str]]]:
        if name not in self._exchanges:
            raise PublishError(f"there is no exchange {name!r}; there are '', {', '.join(map(repr, self._exchanges))}")
        return self._exchanges[name]


def matches(key: str, target: str) -> bool:
    """Return whether a binding key of a topic exchange fits a target (AMQP 0-9-1, section 3.1.3.3).

    Args:
        key: Words divided by dots; `*` stands for one word, `#` for any number of them.
        target: Words divided by dots.
    """
    return _matches(_words(key), _words(target))


def _words(text: str) -> list[str]:
    """Return the words as RabbitMQ sees them: in an empty text there is none, not an empty one."""
    return text.split(".") if text else []


def _matches(key: list[str], words: list[str]) -> bool:
    if not key:
        return not words
    if key[0] == "#":
        return any(_matches(key[1:], words[i:]) for i in range(len(words) + 1))
    return bool(words) and key[0] in ("*", words[0]) and _matches(key[1:], words[1:])
