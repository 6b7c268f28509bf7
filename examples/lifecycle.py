#!/usr/bin/env python3
"""The life of an application: init-time, run-time, exit-time, and the exit code that is left of it.

    python3 examples/lifecycle.py; echo $?

It ends by itself; Ctrl-C, or `kill`, ends it sooner, in the same order.
"""

import asyncio
import sys

import asab


class MyApplication(asab.Application):
    Description = "Shows what is called when."

    async def initialize(self) -> None:
        """Set up; what raises here ends the start."""
        print("initialize()")
        self.PubSub.subscribe_all(self)

    @asab.subscribe("Application.init!")
    @asab.subscribe("Application.run!")
    @asab.subscribe("Application.exit!")
    def on_phase(self, message_type: str) -> None:
        print(message_type)

    @asab.subscribe("Application.stop!")
    def on_stop(self, message_type: str, count: int) -> None:
        print(message_type, count)

    async def main(self) -> None:
        """Do what the application is for; when it returns without `stop()`, the application runs on."""
        print("main()")
        self.create_task(self.work(), name="work")
        await asyncio.sleep(0.1)
        self.stop(exit_code=3)

    async def work(self) -> None:
        """Run beside `main()`; the application owns the task, and cancels it when it stops."""
        try:
            await asyncio.sleep(3600)
        finally:
            print("the task is cancelled")

    async def finalize(self) -> None:
        """Take down what `initialize()` has set up."""
        print("finalize()")


if __name__ == "__main__":
    app = MyApplication()
    sys.exit(app.run())
