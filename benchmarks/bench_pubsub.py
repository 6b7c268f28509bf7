"""Publishing to 1, 10, 100 and 10,000 subscribers, beside a bare loop over the same callables and beside the peers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import blinker
import psygnal
import pyee
from harness import medians, show
from pubsub import pub

from asab_pubsub import PubSub

CALLS = 100_000
MESSAGE = "x!"


class Listener:
    """Somebody with a method."""

    def on_message(self, message_type: str) -> None:
        """Do nothing."""


def functions(count: int) -> list[Callable[[str], None]]:
    """Return different plain functions."""

    def make() -> Callable[[str], None]:
        def listen(message_type: str) -> None:
            pass

        return listen

    return [make() for _ in range(count)]


def methods(count: int) -> list[Callable[[str], None]]:
    """Return bound methods of different objects."""
    return [Listener().on_message for _ in range(count)]


def contenders(callables: list[Callable[[str], None]], repeat: int) -> dict[str, Callable[[], None]]:
    """Return what is measured: each publishes `repeat` times to all callables."""
    bus = PubSub()
    signal = blinker.Signal()
    emitter = pyee.EventEmitter()
    topic = f"topic{id(callables)}"

    class Emitter:
        changed = psygnal.Signal(str)

    instance = Emitter()
    for callback in callables:
        bus.subscribe(MESSAGE, callback)
        signal.connect(callback)
        emitter.on(MESSAGE, callback)
        instance.changed.connect(callback)
        pub.subscribe(callback, topic)

    def bare() -> None:
        for _ in range(repeat):
            for callback in callables:
                callback(MESSAGE)

    def ours(publish: Callable[..., Any] = bus.publish) -> None:
        for _ in range(repeat):
            publish(MESSAGE)

    def with_blinker(send: Callable[..., Any] = signal.send) -> None:
        for _ in range(repeat):
            send(MESSAGE)

    def with_pyee(emit: Callable[..., Any] = emitter.emit) -> None:
        for _ in range(repeat):
            emit(MESSAGE, MESSAGE)

    def with_psygnal(emit: Callable[..., Any] = instance.changed.emit) -> None:
        for _ in range(repeat):
            emit(MESSAGE)

    def with_pypubsub(send: Callable[..., Any] = pub.sendMessage) -> None:
        for _ in range(repeat):
            send(topic, message_type=MESSAGE)

    return {
        "bare loop": bare,
        "asab-pubsub": ours,
        "blinker": with_blinker,
        "pyee": with_pyee,
        "psygnal": with_psygnal,
        "PyPubSub": with_pypubsub,
    }


if __name__ == "__main__":
    for kind in (functions, methods):
        columns = {}
        for count in (1, 10, 100, 10_000):
            callables = kind(count)
            keep = [getattr(callback, "__self__", None) for callback in callables]
            columns[str(count)] = medians(contenders(callables, max(1, CALLS // count)))
        show(f"publish to n {kind.__name__}", columns, "bare loop")

    bus = PubSub()
    table: dict[str, Any] = {}

    def unheard() -> None:
        for _ in range(CALLS):
            bus.publish(MESSAGE)

    def lookups() -> None:
        get = table.get
        for _ in range(CALLS):
            get(MESSAGE)
            get(MESSAGE)

    show(
        "a publish that nobody listens to", {"": medians({"two look-ups": lookups, "publish": unheard})}, "two look-ups"
    )
