"""`Singleton`: one object a class."""

from __future__ import annotations

import threading

import pytest

from asab_utils import Singleton


def test_every_call_gives_the_same_object() -> None:
    """The first call makes it; the arguments of later calls do not count."""

    class One(metaclass=Singleton):
        def __init__(self, value: int = 0) -> None:
            self.value = value

    class Other(One):
        pass

    assert One(1) is One(2)
    assert One().value == 1
    assert Other() is not One()


def test_delete_forgets_the_object() -> None:
    """Tests build more than one application in a process."""

    class One(metaclass=Singleton):
        pass

    first = One()
    Singleton.delete(One)
    Singleton.delete(One)
    assert One() is not first


def test_a_constructor_that_raises_leaves_nothing_behind() -> None:
    """A second try must not find half an object."""

    class Fragile(metaclass=Singleton):
        def __init__(self, works: bool) -> None:
            if not works:
                raise ValueError("not yet")

    with pytest.raises(ValueError, match="not yet"):
        Fragile(False)
    assert isinstance(Fragile(True), Fragile)


def test_threads_get_one_object() -> None:
    """Two threads that ask at once must not make two."""
    made: list[object] = []

    class One(metaclass=Singleton):
        def __init__(self) -> None:
            made.append(self)
            barrier.wait(timeout=0.05) if len(made) > 1 else None

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=One) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
