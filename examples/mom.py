#!/usr/bin/env python3
"""Messages: publish, handle, reply and call, within this process or through RabbitMQ.

It needs no server:

    python3 examples/mom.py

With one, the configuration names it, and nothing else changes:

    python3 examples/mom.py -c examples/mom.conf
"""

import asab
import asab.log
import asab.mom

L = asab.log.get_logger(__name__)

asab.Config.add_defaults({"example": {"broker": "memory"}})


class MyApplication(asab.Application):
    """Asks itself, as two applications would ask each other."""

    Description = "An example of messages."

    async def initialize(self) -> None:
        """Make the broker, and say what is handled."""
        self.add_module(asab.mom.Module)
        self.broker = self.create_broker()
        self.broker.subscribe("amq.topic", exchange=True, routing_key="example.#")
        self.broker.add("example.greet", self.greet)
        self.broker.add("example.double", self.double, concurrency=1)
        self.broker.add("reply", self.on_reply)

    def create_broker(self) -> asab.mom.Broker:
        """Return the broker that the configuration asks for. An option that the section does not have is set here."""
        if asab.Config["example"]["broker"] == "amqp":
            from asab.mom.amqp import AMQPBroker  # it needs aioamqp, and the other one does not

            return AMQPBroker(self, accept_replies=True, config={"exchange": "amq.topic"})
        return asab.mom.MemoryBroker(self, accept_replies=True, config={"exchange": "amq.topic"})

    async def main(self) -> None:
        """Call and wait for the reply, publish and do not wait for it."""
        doubled = await self.broker.call("example.double", "21")
        print("The double of 21 is", doubled.decode())
        await self.broker.publish("World", target="example.greet", correlation_id="42")

    async def double(self, properties: asab.mom.Properties, body: bytes) -> str:
        """Answer a number; what is returned is the reply."""
        return str(2 * int(body))

    async def greet(self, properties: asab.mom.Properties, body: bytes) -> str:
        """Answer a name."""
        L.info("%r is greeted", body)
        return f"Hello {body.decode()}!"

    async def on_reply(self, properties: asab.mom.Properties, body: bytes) -> None:
        """Take the reply to what was published; its correlation id tells which one it is."""
        print("Reply", properties.correlation_id, "is", body.decode())
        self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
