"""The chapter "The message-oriented middleware", with a real RabbitMQ."""

from __future__ import annotations

import asyncio
import signal
import uuid
from typing import TYPE_CHECKING

import aioamqp
import pytest

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The application of the chapter: the fragments stand where the text around them says.
SCAFFOLD = """
    import asab

    class MyApplication(asab.Application):
        async def initialize(self):
            app = self
            <service>
            <broker>
            self.broker = broker
            example_handler = self.example_handler
            <receive>
            <more>

        async def main(self):
            broker = self.broker
            <publish>

        <handler>

    MyApplication().run()
    """


@pytest.fixture
def conf(amqp_url: str) -> Iterator[str]:
    """The broker's section, for an exchange that the queue "topic" of the page is bound to for the target "example"."""
    exchange = f"asab.documentation.{uuid.uuid4().hex}"
    asyncio.run(topology(amqp_url, exchange, wanted=True))
    yield f"[bsfrgeocode:amqp]\nurl={amqp_url}\nexchange={exchange}\n"
    asyncio.run(topology(amqp_url, exchange, wanted=False))


async def topology(url: str, exchange: str, *, wanted: bool) -> None:
    """What the administrator of a broker does: declare the queue and its binding, or take both away again."""
    transport, protocol = await aioamqp.from_url(url)
    channel = await protocol.channel()
    if wanted:
        await channel.exchange_declare(exchange, "topic")
        await channel.queue_declare("topic", durable=True)
        await channel.queue_bind("topic", exchange, "example")
    else:
        await channel.queue_delete("topic")
        await channel.exchange_delete(exchange)
    await protocol.close()
    transport.close()


def program(handler: str, more: str) -> str:
    """The chapter's application with that handler, and with more lines at the end of its `initialize()`."""
    receive = example("mom/receive.py").text().split("\n\n")[0]
    return fill(
        SCAFFOLD,
        service=example("mom/service.py").text(),
        broker=example("mom/broker.py").text(),
        receive=receive,
        more=more,
        publish=example("mom/publish.py").text(),
        handler=handler,
    )


def test_a_message_is_sent_and_received(tmp_path: Path, conf: str) -> None:
    """The section "bsfrgeocode:amqp" says where the broker is; the target says which handler gets the message."""
    # The page prints the handler below the lines that name it; as it takes `self`, it is a method beside them.
    handler = example("mom/receive.py").text().split("\n\n")[1]
    with start(tmp_path, program(handler, "print(svc.Name)"), conf=conf) as process:
        process.wait_for("^Recevied b'Hello World!'$")
        process.send(signal.SIGTERM)
        done = finish(process)
    assert done.stdout.splitlines() == ["asab.MOMService", "Recevied b'Hello World!'"]


def test_what_a_handler_returns_is_the_reply(tmp_path: Path, conf: str) -> None:
    """Who asks gets the answer under the correlation id of its question."""
    # Messages of a broker that accepts replies ask for them, and have them come back at the target "reply".
    more = """
        async def on_reply(properties, body):
            print("reply", properties.correlation_id, body)
            self.stop()

        self.broker = AMQPBroker(app, accept_replies=True, config_section_name="bsfrgeocode:amqp")
        self.broker.add("reply", on_reply)
        """
    source = program(example("mom/reply.py").text(), more)
    source = source.replace('target="example")', 'target="example", correlation_id="question 1")')
    done = finish(start(tmp_path, source, conf=conf))
    assert done.stdout.splitlines() == ["Recevied b'Hello World!'", "reply question 1 b'Hi there too'"]


def test_the_base_class_cannot_be_created(tmp_path: Path) -> None:
    """The documentation: a base broker class cannot be created directly."""
    source = """
        import asab
        from asab.mom import Module
        from asab.mom.broker import Broker

        class MyApplication(asab.Application):
            async def initialize(self):
                self.add_module(Module)

            async def main(self):
                try:
                    Broker(self)
                except TypeError:
                    print("refused")
                self.stop()

        MyApplication().run()
        """
    assert finish(start(tmp_path, fill(source))).stdout == "refused\n"
