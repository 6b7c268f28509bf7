"""Traces over every broker: from the sender to the handler, and back with the reply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import asab_log
from asab_app import tracing
from asab_app.tracing import Trace, current_trace, span
from asab_config import Config
from tests.support.mom import Inbox

if TYPE_CHECKING:
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


@pytest.fixture
def turned_on() -> Iterator[None]:
    Config.read_dict({"general": {"tracing": "yes"}})
    yield
    Config.read_dict({"general": {"tracing": "no"}})
    tracing.configure()


class Handler:
    """Keeps what holds while it runs."""

    def __init__(self) -> None:
        self.traces: list[Trace | None] = []
        self.failures = 0

    async def __call__(self, _properties: Properties, body: bytes) -> bytes:
        self.traces.append(current_trace())
        if self.failures:
            self.failures -= 1
            raise RuntimeError("it fails")
        return body

    @property
    def trace_ids(self) -> list[str | None]:
        return [None if trace is None else trace.trace_id for trace in self.traces]


@pytest.mark.usefixtures("turned_on")
def test_the_handler_is_a_step_of_the_senders_trace_and_so_is_the_reply(bench: Bench) -> None:
    """The whole way of a request is read by one id."""
    handler, replies = Handler(), Inbox()

    async def scenario(broker: Broker) -> None:
        with span("request") as step:
            await broker.publish("x", bench.target("work"))
        properties, _ = await replies.next()
        (inside,) = handler.traces
        assert inside is not None
        assert inside.trace_id == step.trace.trace_id
        assert inside.span_id != step.trace.span_id
        assert Trace.parse(properties.headers["traceparent"]) == inside

    bench.run(scenario, accept_replies=True, work=handler, reply=replies)


@pytest.mark.usefixtures("turned_on")
def test_a_call_is_of_the_trace_too(bench: Bench) -> None:
    """And its answer changes nothing for who has called."""
    handler = Handler()

    async def scenario(broker: Broker) -> None:
        with span("request") as step:
            await broker.call(bench.target("work"), "x")
            assert current_trace() is step.trace
        assert handler.trace_ids == [step.trace.trace_id]

    bench.run(scenario, work=handler)


@pytest.mark.usefixtures("turned_on")
def test_a_message_without_a_trace_begins_one(bench: Bench) -> None:
    """What its handler does belongs together, whoever has sent it, and whatever the header is."""
    handler, replies = Handler(), Inbox()

    async def scenario(broker: Broker) -> None:
        for headers in ({}, {"traceparent": "nonsense"}, {"traceparent": 5, "tracestate": [1]}):
            await broker.publish("x", bench.target("work"), headers=headers)
            await replies.next()
        assert None not in handler.traces
        assert len({*handler.trace_ids}) == 3

    bench.run(scenario, accept_replies=True, work=handler, reply=replies)


@pytest.mark.usefixtures("turned_on")
def test_a_retry_is_of_the_same_trace(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """As is what the log says of the failure."""
    handler, replies = Handler(), Inbox()
    handler.failures = 1
    config = {"retry_limit": 1, "retry_delay": 0.01}

    queue = bench.queue("work")

    async def scenario(broker: Broker) -> None:
        broker.add(queue, handler)
        broker.subscribe(queue)
        with span("request") as step:
            await broker.publish("x", queue, exchange="")
        await replies.next()
        assert handler.trace_ids == [step.trace.trace_id] * 2
        failures = [record for record in caplog.records if "failed" in record.message]
        assert [record.__dict__["_struct_data"]["trace_id"] for record in failures] == [step.trace.trace_id]

    bench.run(scenario, accept_replies=True, config=config, reply=replies)


def test_a_header_of_the_applications_own_is_left(bench: Bench) -> None:
    """Who forwards a message for somebody else knows better."""
    inbox = Inbox()
    own = Trace.new()

    async def scenario(broker: Broker) -> None:
        with span("request"):
            await broker.publish("x", bench.target("work"), headers=own.headers)
        properties, _ = await inbox.next()
        assert Trace.parse(properties.headers["traceparent"]) == own

    bench.run(scenario, work=inbox)


def test_nothing_of_the_senders_context_is_the_handlers(bench: Bench) -> None:
    """A broker in memory and one in another process must not differ in it."""
    handler, replies = Handler(), Inbox()
    records: list[object] = []

    async def log(properties: Properties, body: bytes) -> bytes:
        records.append(asab_log._context.bound())
        return await handler(properties, body)

    async def scenario(broker: Broker) -> None:
        with span("request"), asab_log.context(user="somebody"):
            await broker.publish("x", bench.target("work"))
        await replies.next()
        assert handler.traces == [None]
        assert records == [None]

    bench.run(scenario, accept_replies=True, work=log, reply=replies)
