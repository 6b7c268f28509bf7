"""`PersistentDict` against a dict, under random use."""

from __future__ import annotations

import tempfile
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from asab_utils import PersistentDict

_KEYS = st.sampled_from(["a", "b", 1, 1.0, True, 0, -0.0, (1,), (True,), b"a", None, "\0a", frozenset({1}), 2**70])
_VALUES = st.none() | st.integers() | st.text() | st.lists(st.booleans())


class DictMachine(RuleBasedStateMachine):
    """Every operation gives what a dict gives, and the content is the same after each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.state = PersistentDict(self.folder.name + "/file")
        self.model: dict[Any, Any] = {}

    def both(self, operation: Any) -> None:
        results = []
        for mapping in (self.state, self.model):
            try:
                results.append(operation(mapping))
            except KeyError:
                results.append(KeyError)
        assert results[0] == results[1]

    @rule(key=_KEYS, value=_VALUES)
    def set(self, key: Any, value: Any) -> None:
        self.both(lambda d: d.__setitem__(key, value))

    @rule(key=_KEYS)
    def get(self, key: Any) -> None:
        self.both(lambda d: (key in d, d[key]))

    @rule(key=_KEYS)
    def pop(self, key: Any) -> None:
        self.both(lambda d: d.pop(key))

    @rule(key=_KEYS, value=_VALUES)
    def setdefault(self, key: Any, value: Any) -> None:
        self.both(lambda d: d.setdefault(key, value))

    @rule(other=st.dictionaries(_KEYS, _VALUES, max_size=4))
    def update(self, other: dict[Any, Any]) -> None:
        self.both(lambda d: d.update(other))

    @rule()
    def popitem(self) -> None:
        self.both(lambda d: d.popitem())

    @rule()
    def reopen(self) -> None:
        self.state.close()
        self.state = PersistentDict(self.folder.name + "/file")

    @invariant()
    def same_content(self) -> None:
        assert list(map(repr, self.state.items())) == list(map(repr, self.model.items()))

    def teardown(self) -> None:
        self.state.close()
        self.folder.cleanup()


TestPersistentDict = DictMachine.TestCase
