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
5. A channel that has refused all its messages is changed for another: one that was opened while a quorum queue had no
   leader goes on to refuse when it has one again (seen in RabbitMQ 3.10).
6. A mandatory message that no queue got comes back before it is confirmed; its `publish` raises with the confirmation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from asab_mom import _frames
from asab_mom._channel import Channel
from asab_mom._delivery import Returned
from asab_mom._errors import LineError
from asab_mom._frames import Content
from asab_mom._room import Room
from asab_mom.message import BusyError, Message, PublishError, UnroutableError
from asab_utils.time_limit import time_limit

WINDOW = 1000
"""Messages that are accepted and not yet settled, at most; further calls of `publish` wait for their turn."""

NOT_FOUND = 404
BLAME = frozenset({311, 403, NOT_FOUND, 406, 501, 502})
"""Codes with which the broker closes a channel or the connection over a message: content too large, access refused, not
found, precondition failed, frame and syntax errors (AMQP 0-9-1, section 1.2 of the reference)."""


class Parcel:
    """A message that is accepted, and the future of whoever waits for it."""

    __slots__ = ("content", "message", "returned", "settled")

    def __init__(self, message: Message, content: Content, settled: asyncio.Future[None]) -> None:
        """Put together what is known of it."""
        self.message = message
        self.content = content
        self.settled = settled
        self.returned: str | None = None

    def is_returned_as(self, returned: Returned) -> bool:
        """Return whether it can be this one that has come back, and has not yet."""
        message = self.message
        return (
            message.mandatory
            and self.returned is None
            and message.properties.message_id == returned.message_id
            and (message.exchange, message.target) == (returned.exchange, returned.target)
        )

    def settle(self, accepted: bool) -> None:
        """Have `publish` return, or raise."""
        if not accepted:
            self.fail(BusyError("the broker could not take the message (basic.nack)"))
        elif self.returned is not None:
            self.fail(UnroutableError(self.message.exchange, self.message.target, self.returned))
        elif not self.settled.done():
            self.settled.set_result(None)

    def fail(self, error: PublishError) -> None:
        """Have `publish` raise."""
        if not self.settled.done():
            self.settled.set_exception(error)


class Publisher:
    """Sends messages over whichever channel there is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin without a channel.

        Args:
            loop: Where messages are published; it need not be running yet.
        """
        self._loop = loop
        self._room = Room(WINDOW)
        self._outbox: deque[Parcel] = deque()
        self._in_flight: dict[int, Parcel] = {}
        self._suspects: set[Parcel] = set()
        self._channel: Channel | None = None
        self._number = self._confirmed = 0
        self._served = False
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    @property
    def unconfirmed(self) -> int:
        """How many messages are accepted and not settled."""
        return self._waiting

    async def publish(self, message: Message) -> None:
        """Send a message, now or when there is a channel again, and return when the broker has confirmed it.

        A call that is cancelled withdraws its message, if it has not been written yet.

        Raises:
            PublishError: If the broker has refused it.
        """
        content = _frames.encode(message)
        if not self._room.enter():
            await self._room.wait()
        try:
            if self._closed:
                raise PublishError("the broker is closed")
            parcel = Parcel(message, content, self._loop.create_future())
            self._outbox.append(parcel)
            self._waiting += 1
            self._idle.clear()
            self._pump()
            try:
                await parcel.settled
            except asyncio.CancelledError:
                self._withdraw(parcel)
                raise
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self._idle.set()
        finally:
            self._room.leave()

    async def serve(self, channel: Channel) -> None:
        """Send over a channel until it ends; return when a message was to blame for that."""
        await channel.call(channel.confirm_select)
        channel.incoming.on_confirm = self._confirm
        channel.incoming.on_return = self._return
        channel.on_writable = self._pump
        self._channel, self._number, self._confirmed = channel, 0, 0
        self._served = False
        try:
            self._pump()
            await channel.wait_ended()
        except LineError as error:
            if not self._accuse(error):
                raise
        finally:
            self._channel = None
            self._take_back()

    async def close(self, timeout: float) -> None:
        """Take no more messages and send what was taken.

        Args:
            timeout: Seconds; for messages that are not confirmed then, `publish` raises.
        """
        self._closed = True
        try:
            async with time_limit(timeout):
                await self._idle.wait()
        except TimeoutError:
            for parcel in [*self._in_flight.values(), *self._outbox]:
                parcel.fail(PublishError("the broker was closed before the message was confirmed"))

    def _withdraw(self, parcel: Parcel) -> None:
        """Forget a message, if it is not written yet: without a channel nobody else would, and memory would fill."""
        if parcel in self._outbox:
            self._outbox.remove(parcel)
            self._suspects.discard(parcel)

    def _pump(self) -> None:
        """Write what there is, as far as there is room."""
        window = 1 if self._suspects else WINDOW
        while self._outbox and self._channel and self._channel.writable and len(self._in_flight) < window:
            parcel = self._outbox.popleft()
            if parcel.settled.done():
                self._suspects.discard(parcel)
                continue
            alone = not self._in_flight
            self._number += 1
            self._in_flight[self._number] = parcel
            self._channel.send(parcel.content, at_once=alone)

    def _confirm(self, number: int, multiple: bool, accepted: bool) -> None:
        numbers: Iterable[int] = (number,)
        if multiple:  # all up to it, of which those are left that were not confirmed alone
            last = min(number, self._number)
            numbers, self._confirmed = range(self._confirmed + 1, last + 1), last
        for n in numbers:
            parcel = self._in_flight.pop(n, None)
            if parcel is not None:
                self._suspects.discard(parcel)
                parcel.settle(accepted)
        self._served = self._served or accepted
        if self._channel and not self._served and not self._in_flight:
            self._channel.give_up("the broker takes no message on it")
        if self._outbox:
            self._pump()

    def _return(self, returned: Returned) -> None:
        for parcel in self._in_flight.values():
            if parcel.is_returned_as(returned):
                parcel.returned = returned.reason
                return

    def _take_back(self) -> None:
        """Put what the broker has not confirmed in front of what waits; but not what nobody waits for any more."""
        for parcel in reversed(self._in_flight.values()):
            parcel.returned = None
            if parcel.settled.done():
                self._suspects.discard(parcel)
            else:
                self._outbox.appendleft(parcel)
        self._in_flight.clear()

    def _accuse(self, error: LineError) -> bool:
        """Find out which message has ended the channel; return whether it was one."""
        if error.code not in BLAME or not self._in_flight:
            return False
        if len(self._in_flight) > 1:
            self._suspects.update(self._in_flight.values())
            return True
        _, culprit = self._in_flight.popitem()
        exchange = culprit.message.exchange
        same = [parcel for parcel in self._outbox if error.code == NOT_FOUND and parcel.message.exchange == exchange]
        for parcel in [culprit, *same]:
            self._suspects.discard(parcel)
            parcel.fail(PublishError(f"the broker has refused the message: {error}"))
        return True
