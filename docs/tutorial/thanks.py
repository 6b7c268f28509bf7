import asab
import asab.log
import asab.mom

import website

L = asab.log.get_logger(__name__)

asab.Config.add_defaults({"thanks": {"broker": "memory"}})


class Thanks(asab.Service):
    """Thanks each guest; it could as well run in another process, on another machine."""

    def __init__(self, app):
        super().__init__(app, "Thanks")
        self.broker = self.create_broker(app)
        self.broker.subscribe("guests")
        self.broker.add("guests", self.on_guest)
        app.PubSub.subscribe_all(self)

    def create_broker(self, app):
        config = {"exchange": ""}
        if asab.Config["thanks"]["broker"] == "rabbitmq":
            from asab.mom.amqp import AMQPBroker

            return AMQPBroker(app, config=config)
        return asab.mom.MemoryBroker(app, config=config)

    @asab.subscribe("Book.entry!")
    async def on_entry(self, message_type, guest, text):
        await self.broker.publish(guest, target="guests")

    async def on_guest(self, properties, body):
        L.log(asab.LOG_NOTICE, "Thank you, %s", body.decode())


class GuestBook(website.GuestBook):
    async def initialize(self):
        await super().initialize()
        self.add_module(asab.mom.Module)
        Thanks(self)


if __name__ == "__main__":
    raise SystemExit(GuestBook().run())
