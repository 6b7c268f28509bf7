"""The garbage collector of an application that runs."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asab_app import Application

Make = Callable[..., Any]


class Looking(Application):
    found: tuple[int, int, int]

    async def main(self) -> None:
        self.found = gc.get_threshold()
        self.stop()


class Deciding(Looking):
    async def initialize(self) -> None:
        gc.set_threshold(300, 20, 30)


@pytest.fixture(autouse=True)
def as_in_python_311() -> Iterator[None]:
    """Python begins with other thresholds from 3.13 on."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_new_objects_have_the_time_to_end_by_themselves(make: Make) -> None:
    """It is as Python from 3.13 on has it, in run-time only."""
    app = make(Looking)
    assert app.run() == 0
    assert app.found == (2000, 10, 10)
    assert gc.get_threshold() == (700, 10, 10)


def test_an_application_decides_for_itself(make: Make) -> None:
    """What it sets holds."""
    app = make(Deciding)
    assert app.run() == 0
    assert app.found == gc.get_threshold() == (300, 20, 30)


def test_a_collector_that_is_off_stays_off(make: Make) -> None:
    """A threshold of 0 is that."""
    gc.set_threshold(0)
    app = make(Looking)
    assert app.run() == 0
    assert app.found[0] == 0
