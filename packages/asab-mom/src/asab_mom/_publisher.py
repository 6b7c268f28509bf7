"""`Publisher`: outgoing messages, from the outbox over in flight to settled.

The rules:

1. A message is encoded before it is taken; one that cannot be is refused at once and nothing of it is written.
2. A message is in the outbox until it is written, then in flight, under its number on its channel, until the broker
   confirms it: then `publish` returns. The broker may confirm many with one frame.
3. When the channel ends, what is in flight goes back to the head of the outbox in its order, with its message id. So an
   accepted message arrives at least once.
4. When the broker closes the channel over a message (no such exchange, no permission), the messages in flight are
   suspects, and go one at a time. The one that is in flight alone when that happens again is to blame: its `publish`
   raises, and the others go on.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque

from asab_mom import _frames
from asab_mom._channel import Channel
from asab_mom._errors import LineError
from asab_mom._frames import Content
from asab_mom.message import Message, PublishError

WINDOW = 1000
"""Messages that are accepted and not yet settled, at most; further calls of `publish` wait for their turn."""

NOT_FOUND = 404
BLAME = frozenset({311, 403, NOT_FOUND, 406, 501, 502})
"""Codes with which the broker closes a channel or the connection over a message: content too large, access refused, not
found, precondition failed, frame and syntax errors (AMQP 0-9-1, section 1.2 of the reference)."""


class Parcel:
    """A message that is accepted, and the future of whoever waits for it."""

    __slots__ = ("content", "exchange", "settled")

    def __init__(self, exchange: str, content: Content, settled: asyncio.Future[None]) -> None:
        """Put together what is known of it."""
        self.exchange = exchange
        self.content = content
        self.settled = settled

    def fail(self, reason: str) -> None:
        """Have `publish` raise."""
        if not self.settled.done():
            self.settled.set_exception(PublishError(reason))


class Publisher:
    """Sends messages over whichever channel there is."""

    def __init__(self) -> None:
        """Begin without a channel."""
        self._room = asyncio.Semaphore(WINDOW)
        self._outbox: deque[Parcel] = deque()
        self._in_flight: dict[int, Parcel] = {}
        self._suspects: set[Parcel] = set()
        self._channel: Channel | None = None
        self._number = 0
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    async def publish(self, message: Message) -> None:
        """Send a message, now or when there is a channel again, and return when the broker has confirmed it.

        A call that is cancelled withdraws its message, if it has not been written yet.

        Raises:
            PublishError: If the broker has refused it.
        """
        content = _frames.encode(message)
        async with self._room:
            if self._closed:
                raise PublishError("the broker is closed")
            parcel = Parcel(message.exchange, content, asyncio.get_running_loop().create_future())
            self._outbox.append(parcel)
            self._waiting += 1
            self._idle.clear()
            self._pump()
            try:
                await parcel.settled
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self._idle.set()

    async def serve(self, channel: Channel) -> None:
        """Send over a channel until it ends; return when a message was to blame for that."""
        await channel.call(channel.confirm_select)
        channel.incoming.on_confirm = self._confirm
        channel.on_writable = self._pump
        self._channel, self._number = channel, 0
        try:
            self._pump()
            await channel.wait_ended()
        except LineError as error:
            if not self._accuse(error):
                raise
        finally:
            self._channel = None
            self._outbox.extendleft(reversed(self._in_flight.values()))
            self._in_flight.clear()

    async def close(self, timeout: float) -> None:
        """Take no more messages and send what was taken.

        Args:
            timeout: Seconds; for messages that are not confirmed then, `publish` raises.
        """
        self._closed = True
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            for parcel in [*self._in_flight.values(), *self._outbox]:
                parcel.fail("the broker was closed before the message was confirmed")

    def _pump(self) -> None:
        """Write what there is, as far as there is room."""
        window = 1 if self._suspects else WINDOW
        while self._outbox and self._channel and self._channel.writable and len(self._in_flight) < window:
            parcel = self._outbox.popleft()
            if parcel.settled.done():
                self._suspects.discard(parcel)
                continue
            self._number += 1
            self._in_flight[self._number] = parcel
            self._channel.send(parcel.content)

    def _confirm(self, number: int, multiple: bool, accepted: bool) -> None:
        numbers = itertools.takewhile(lambda n: n <= number, self._in_flight) if multiple else (number,)
        for n in tuple(numbers):
            parcel = self._in_flight.pop(n, None)
            if parcel is not None:
                self._settle(parcel, accepted)
        self._pump()

    def _settle(self, parcel: Parcel, accepted: bool) -> None:
        self._suspects.discard(parcel)
        if not accepted:
            parcel.fail("the broker could not take the message (basic.nack)")
        elif not parcel.settled.done():
            parcel.settled.set_result(None)

    def _accuse(self, error: LineError) -> bool:
        """Find out which message has ended the channel; return whether it was one."""
        if error.code not in BLAME or not self._in_flight:
            return False
        if len(self._in_flight) > 1:
            self._suspects.update(self._in_flight.values())
            return True
        _, culprit = self._in_flight.popitem()
        same = [parcel for parcel in self._outbox if error.code == NOT_FOUND and parcel.exchange == culprit.exchange]
        for parcel in [culprit, *same]:
            self._suspects.discard(parcel)
            parcel.fail(f"the broker has refused the message: {error}")
        return True
