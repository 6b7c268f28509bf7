#!/usr/bin/env python3
"""Utilities: a dictionary that survives the process, a timer, a class of which there is one object.

    python3 examples/utilities.py; python3 examples/utilities.py

The second run goes on counting where the first one has stopped.
"""

import asab

asab.Config.add_defaults({"example": {"state": "./state.db"}})


class State(metaclass=asab.Singleton):
    """Wherever `State()` is written, it is the same object."""

    def __init__(self) -> None:
        self.values = asab.PersistentDict(asab.Config["example"]["state"])
        self.values.setdefault("runs", 0)
        self.values.setdefault("rings", [])


class MyApplication(asab.Application):
    Description = "Counts its runs."

    async def initialize(self) -> None:
        self.timer = asab.Timer(self, self.on_timer, autorestart=True)

    async def main(self) -> None:
        State().values["runs"] += 1
        self.rung = 0
        self.timer.start(0.05)

    async def on_timer(self) -> None:
        """Be called again and again, never twice at once."""
        self.rung += 1
        if self.rung == 3:
            State().values["rings"] += [self.rung]
            runs, rings = State().values.load("runs", "rings")
            print(f"Run {runs}, rings {rings}")
            self.stop()

    async def finalize(self) -> None:
        State().values.close()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
