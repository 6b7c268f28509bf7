"""One of two applications that trace: `shop` answers requests and sends messages, `store` handles them.

Each says `ready` and the port that it listens on, and then on stdout each span that it exports, as a line of JSON; its
log is JSON, too.
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import web
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

import asab
import asab.mom
import asab.mom.amqp
import asab.web
from asab.tracing import span

L = asab.log.get_logger("parts")


def line(exported: ReadableSpan) -> str:
    assert exported.context is not None
    parent = None if exported.parent is None else exported.parent.span_id
    said = {"name": exported.name, "trace": f"{exported.context.trace_id:032x}"}
    return json.dumps(said | {"span": exported.context.span_id, "parent": parent}) + "\n"


class Part(asab.Application):
    def __init__(self) -> None:
        super().__init__(args=["-c", "parts.conf"])

    async def initialize(self) -> None:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=line)))
        trace.set_tracer_provider(provider)
        self.add_module(asab.mom.Module)


class Shop(Part):
    async def initialize(self) -> None:
        await super().initialize()
        self.add_module(asab.web.Module)
        self.web = self.get_service("asab.WebService")
        self.web.WebApp.router.add_post("/orders/{id}", self.order)
        self.broker = asab.mom.amqp.AMQPBroker(self, accept_replies=True)
        self.broker.add("reply", self.on_reply)
        self.PubSub.subscribe("Order!", self.on_order)
        self.timer = asab.Timer(self, self.on_timer)
        self.replied = asyncio.Event()

    async def main(self) -> None:
        sys.stdout.write(f"ready {self.web.default_container.addresses[0]}\n")

    async def order(self, request: web.Request) -> web.Response:
        L.warning("ordered")
        self.PubSub.publish("Order!", request.match_info["id"])
        await self.replied.wait()
        return web.Response(text="thank you")

    async def on_order(self, _message_type: str, number: str) -> None:
        L.warning("published")
        with span("send", attributes={"order": number}):
            await self.broker.publish(number, "parts.orders")

    async def on_reply(self, _properties: asab.mom.Properties, _body: bytes) -> None:
        L.warning("replied")
        self.timer.start(0.001)

    async def on_timer(self) -> None:
        L.warning("timed")
        self.replied.set()


class Store(Part):
    async def initialize(self) -> None:
        await super().initialize()
        self.broker = asab.mom.amqp.AMQPBroker(self)
        self.broker.subscribe("parts.orders")
        self.broker.add("parts.orders", self.on_order)

    async def main(self) -> None:
        await self.broker.publish("", "parts.nowhere")  # returns only when the subscription is there
        sys.stdout.write("ready\n")

    async def on_order(self, _properties: asab.mom.Properties, body: bytes) -> bytes:
        L.warning("handled")
        return await self.run_in_thread(self.look_up, body)

    def look_up(self, body: bytes) -> bytes:
        L.warning("looked up")
        return body


if __name__ == "__main__":
    sys.exit({"shop": Shop, "store": Store}[sys.argv[1]]().run())
