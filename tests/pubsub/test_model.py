"""The bus against a list of callables, under random use."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from asab_pubsub import PubSub


class Listener:
    def __init__(self, name: int, log: list[tuple[int, str]]) -> None:
        self.name, self.log = name, log
        self.then: Callable[[], object] | None = None

    def on_message(self, message_type: str) -> None:
        self.log.append((self.name, message_type))
        if self.then is not None:
            then, self.then = self.then, None
            then()


class BusMachine(RuleBasedStateMachine):
    """What the bus delivers is what a plain list of the living listeners would get."""

    def __init__(self) -> None:
        super().__init__()
        self.bus = PubSub()
        self.log: list[tuple[int, str]] = []
        self.listeners: list[Listener] = []
        self.expected: dict[str, list[int]] = {"a!": [], "b!": []}
        self.made = 0

    @rule(types=st.lists(st.sampled_from(["a!", "b!"]), max_size=3))
    def add(self, types: list[str]) -> None:
        listener = Listener(self.made, self.log)
        self.made += 1
        self.listeners.append(listener)
        for message_type in types:
            self.bus.subscribe(message_type, listener.on_message)
            self.expected[message_type].append(listener.name)

    @rule(index=st.integers(0, 9), message_type=st.sampled_from(["a!", "b!"]))
    def unsubscribe(self, index: int, message_type: str) -> None:
        if index < len(self.listeners):
            listener = self.listeners[index]
            self.bus.unsubscribe(message_type, listener.on_message)
            if listener.name in self.expected[message_type]:
                self.expected[message_type].remove(listener.name)

    @rule(index=st.integers(0, 9))
    def delete(self, index: int) -> None:
        if index < len(self.listeners):
            name = self.listeners.pop(index).name
            for message_type, names in self.expected.items():
                self.expected[message_type] = [n for n in names if n != name]

    @rule(message_type=st.sampled_from(["a!", "b!"]))
    def publish(self, message_type: str) -> None:
        self.log.clear()
        self.bus.publish(message_type)
        assert self.log == [(name, message_type) for name in self.expected[message_type]]

    @rule(
        caller=st.integers(0, 9),
        index=st.integers(0, 9),
        message_type=st.sampled_from(["a!", "b!"]),
        change=st.sampled_from(["add", "unsubscribe", "delete"]),
    )
    def change_during_a_delivery(self, caller: int, index: int, message_type: str, change: str) -> None:
        """A listener changes the bus: this delivery goes on as it began, but for an object that is gone."""
        names = self.expected[message_type]
        if caller >= len(self.listeners) or self.listeners[caller].name not in names:
            return
        if change == "delete" and index == caller:  # who is being called cannot be deleted
            return
        gone = self.listeners[index].name if change == "delete" and index < len(self.listeners) else None
        changes: dict[str, Callable[[], object]] = {
            "add": lambda: self.add([message_type]),
            "unsubscribe": lambda: self.unsubscribe(index, message_type),
            "delete": lambda: self.delete(index),
        }
        self.listeners[caller].then = changes[change]
        first = names.index(self.listeners[caller].name)
        expected = names[: first + 1] + [name for name in names[first + 1 :] if name != gone]
        self.log.clear()
        self.bus.publish(message_type)
        assert [name for name, _ in self.log] == expected


TestBus = BusMachine.TestCase
