"""The bus against a list of callables, under random use."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from asab_pubsub import PubSub


class Listener:
    def __init__(self, name: int, log: list[tuple[int, str]]) -> None:
        self.name, self.log = name, log

    def on_message(self, message_type: str) -> None:
        self.log.append((self.name, message_type))


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


TestBus = BusMachine.TestCase
