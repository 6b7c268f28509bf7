#!/usr/bin/env python3
"""A call that blocks, kept off the event loop: the ticks go on meanwhile.

python3 examples/blocking.py
"""

import threading

import asab

asab.Config.add_defaults({"general": {"tick_period": "0.05"}})


class MyApplication(asab.Application):
    Description = "Waits without blocking."

    async def initialize(self) -> None:
        self.third = threading.Event()
        self.ticks = 0
        self.PubSub.subscribe("Application.tick!", self.on_tick)

    def on_tick(self, message_type: str) -> None:
        self.ticks += 1
        if self.ticks == 3:
            self.third.set()

    async def main(self) -> None:
        """Wait in a thread of the application, for what could as well be a driver or a large file."""
        happened = await self.run_in_thread(self.third.wait, timeout=30)
        print("The loop was free" if happened else "The loop was blocked")
        self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
