"""An application in the test's own process, forgotten afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from asab_app import Application
from asab_utils import Singleton

A = TypeVar("A", bound=Application)


@pytest.fixture
def make() -> Iterator[Callable[..., Any]]:
    """Make applications that need no clean-up by the test."""
    made: list[Singleton] = []

    def make(cls: type[A], *args: str) -> A:
        made.append(cls)
        return cls(args=args)

    yield make
    for cls in made:
        Singleton.delete(cls)
