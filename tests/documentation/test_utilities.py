"""The chapter "Various utility classes"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start

if TYPE_CHECKING:
    from pathlib import Path


def test_a_singleton_has_one_object(tmp_path: Path) -> None:
    """Whoever makes it gets the same one."""
    source = example("utilities/singleton.py").text() + "\nprint(MyClass() is MyClass())\n"
    assert finish(start(tmp_path, source)).stdout == "True\n"


def test_the_recommended_initialization_keeps_what_is_there(tmp_path: Path) -> None:
    """A second start of the program finds what the first one has left."""
    scaffold = """
        import asab

        <example>
        PersistentState["foo"] += 1
        print(dict(PersistentState))
        """
    source = fill(scaffold, example=example("utilities/persistent_dict_initialize.py").text())
    assert finish(start(tmp_path, source)).stdout == "{'foo': 1, 'bar': 2}\n"
    assert finish(start(tmp_path, source)).stdout == "{'foo': 2, 'bar': 2}\n"
    assert (tmp_path / "some.file").exists()


def test_load_gives_many_values_at_once(tmp_path: Path) -> None:
    """The keys stand in the call as the example has them, or in the list that the signature names."""
    scaffold = """
        import asab

        pdict = asab.PersistentDict("some.file")
        pdict.update(k3=[3], k2="two", k1=1)
        <example>
        print((v1, v2, v3), pdict.load(["k3", "k1"]))
        """
    source = fill(scaffold, example=example("utilities/persistent_dict_load.py").text())
    assert finish(start(tmp_path, source)).stdout == "(1, 'two', [3]) [[3], 1]\n"


def test_update_does_what_its_three_loops_say(tmp_path: Path) -> None:
    """A mapping, pairs and keywords all end up as the documented loop would put them."""
    mapping, pairs, keywords = example("utilities/persistent_dict_update.py").lines()
    scaffold = """
        import asab

        D = {}
        E = {"a": 1, "b": 2}
        <mapping>
        E = [("b", 3), ("c", 4)]
        <pairs>
        F = {"c": 5, "d": 6}
        <keywords>

        pdict = asab.PersistentDict("some.file")
        pdict.update({"a": 1, "b": 2})
        pdict.update(E, **F)
        print(dict(pdict) == D, D)
        """
    source = fill(scaffold, mapping=mapping, pairs=pairs, keywords=keywords)
    assert finish(start(tmp_path, source)).stdout == "True {'a': 1, 'b': 3, 'c': 5, 'd': 6}\n"


def test_a_timer_triggers_after_its_delay_and_again_when_told_so(tmp_path: Path) -> None:
    """The page has no example of a timer: these are the sentences about it, as a program."""
    source = """
        import asab

        class MyApplication(asab.Application):
            async def initialize(self):
                self.once = asab.Timer(self, self.on_once)
                self.again = asab.Timer(self, self.on_again, autorestart=True)
                self.triggered = 0
                print(self.once.is_started(), self.once.AutoRestart, self.again.AutoRestart)

            async def main(self):
                self.once.start(0.01)
                print(self.once.is_started())

            async def on_once(self):
                print("once")
                self.again.restart(0.01)

            async def on_again(self):
                self.triggered += 1
                if self.triggered == 3:
                    print("again and again", self.once.is_started(), self.again.is_started())
                    self.again.stop()
                    print(self.again.is_started())
                    self.stop()

        MyApplication().run()
        """
    done = finish(start(tmp_path, fill(source)))
    assert done.stdout.splitlines() == ["False False True", "True", "once", "again and again False True", "False"]
