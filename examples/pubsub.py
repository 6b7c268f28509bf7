#!/usr/bin/env python3
"""The message bus: publish, subscribe, wait for messages. It needs no server, and is for one process.

python3 examples/pubsub.py
"""

import asab


class Kitchen:
    """Subscribes by its marked methods; a function may be subscribed by `bus.subscribe`."""

    def __init__(self, bus: asab.PubSub) -> None:
        self.bus = bus
        bus.subscribe_all(self)

    @asab.subscribe("order.placed!")
    def on_order(self, message_type: str, number: int, *, dish: str) -> None:
        print(f"Order {number}: {dish}")

    @asab.subscribe("order.placed!")
    async def cook(self, message_type: str, number: int, *, dish: str) -> None:
        """A coroutine runs as a task of the bus, after `publish` has returned."""
        self.bus.publish("order.ready!", number)


class MyApplication(asab.Application):
    Description = "Takes orders."

    async def main(self) -> None:
        self.kitchen = Kitchen(self.PubSub)  # the bus does not keep it alive
        with asab.Subscriber(self.PubSub, "order.ready!") as ready:
            for number, dish in enumerate(("soup", "fish", "cake"), 1):
                self.PubSub.publish("order.placed!", number, dish=dish)
            print("All orders are placed")
            for _ in range(3):
                message_type, args, _kwargs = await ready.message()
                print(message_type, *args)
        self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
