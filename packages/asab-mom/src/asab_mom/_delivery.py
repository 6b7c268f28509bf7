"""`Delivery`: a message that comes in, or back; `Incoming`: how frames become one (AMQP 0-9-1, section 4.2.6)."""

from __future__ import annotations

import dataclasses
import functools
import struct
from collections.abc import Callable

from asab_mom._frames import ACK, BODY, DELIVER, HEADER, NACK, RETURN, Frame
from asab_mom._wire import decode_properties
from asab_mom.properties import Properties

_SIZE = struct.Struct(">Q")
_CONFIRMATION = struct.Struct(">QB")


@dataclasses.dataclass(slots=True)
class Delivery:
    """A message for one of our consumers.

    Attributes:
        consumer: The tag of the consumer.
        tag: The number that settles it.
        exchange: Where it was published.
        target: Its routing key.
        properties: What its header says; None when that cannot be read.
        fault: Why it cannot be read.
        header: The properties as they came, when they cannot be read.
        body: Its content, once it is complete.
    """

    consumer: str
    tag: int
    exchange: str
    target: str
    properties: Properties | None = None
    fault: str = ""
    header: bytes = b""
    body: bytes = b""


@dataclasses.dataclass(slots=True)
class Returned:
    """A mandatory message of ours that no queue got.

    Attributes:
        reason: Why, in the broker's words.
        exchange: Where it was published.
        target: Its routing key.
        message_id: Its identity.
    """

    reason: str
    exchange: str
    target: str
    message_id: str | None = None


class Incoming:
    """What comes in on one channel, beside the answers to calls: messages, each put together, and confirmations.

    Attributes:
        consumers: Whom messages are handed to, by the tag of the consumer.
        on_confirm: Called with the number of a message of ours, whether it stands for all up to it, and whether it is
            accepted.
        on_return: Called with a message of ours that no queue got; its confirmation comes after it.
    """

    def __init__(self) -> None:
        """Begin between two messages."""
        self.consumers: dict[str, Callable[[Delivery], None]] = {}
        self.on_confirm: Callable[[int, bool, bool], None] = lambda number, multiple, accepted: None
        self.on_return: Callable[[Returned], None] = lambda returned: None
        self._delivery: Delivery | Returned | None = None
        self._missing = 0
        self._pieces: list[bytes] = []

    def take(self, frame: Frame) -> bool:
        """Take a frame, if it is part of a message or a confirmation; return whether it is."""
        kind, _, payload = frame
        if kind == HEADER:
            self._begin(payload)
        elif kind == BODY:
            self._continue(payload)
        elif (method := payload[:4]) == DELIVER:
            self._delivery = _read(payload)
        elif method in (ACK, NACK):
            number, bits = _CONFIRMATION.unpack_from(payload, 4)
            self.on_confirm(number, bool(bits & 1), method == ACK)
        elif method == RETURN:
            self._delivery = _read_return(payload)
        else:
            return False
        return True

    def _begin(self, header: bytes) -> None:
        self._missing = _SIZE.unpack_from(header, 4)[0]
        if isinstance(self._delivery, Returned):
            self._delivery.message_id = decode_properties(header[12:]).message_id  # ours, which we have encoded
        elif self._delivery is not None:
            try:
                self._delivery.properties = decode_properties(header[12:])
            except ValueError as error:
                self._delivery.fault = str(error)
                self._delivery.header = header[12:]
        self._finish()

    def _continue(self, body: bytes) -> None:
        self._pieces.append(body)
        self._missing -= len(body)
        self._finish()

    def _finish(self) -> None:
        if self._missing > 0:
            return
        delivery, self._delivery = self._delivery, None
        pieces, self._pieces = self._pieces, []
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if isinstance(delivery, Returned):
            self.on_return(delivery)
        elif delivery is not None and (consumer := self.consumers.get(delivery.consumer)):
            delivery.body = body
            consumer(delivery)


def _read(payload: bytes) -> Delivery:
    consumer, at = _short(payload, 4)
    exchange, target = _read_names(payload[at + 9 :])
    return Delivery(consumer, _SIZE.unpack_from(payload, at)[0], exchange, target)


@functools.lru_cache(maxsize=1024)
def _read_names(data: bytes) -> tuple[str, str]:
    """Read the exchange and the target of a delivery; most come from where others have come from."""
    exchange, at = _short(data, 0)
    target, _ = _short(data, at)
    return exchange, target


def _read_return(payload: bytes) -> Returned:
    reason, at = _short(payload, 6)
    exchange, at = _short(payload, at)
    target, _ = _short(payload, at)
    return Returned(reason, exchange, target)


def _short(payload: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + payload[at]
    return payload[at + 1 : end].decode("utf-8", "surrogateescape"), end
