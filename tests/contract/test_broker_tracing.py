"""Traces over every broker: from the sender to the handler, and back with the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import asab_log
from asab_app.tracing import Trace, current_trace, span
from asab_mom import CallFailedError
from tests.support.mom import Inbox
from tests.support.opentelemetry import exported
from tests.support.tracing import configured

if TYPE_CHECKING:
    from pathlib import Path

    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


@pytest.fixture
def turned_on() -> Iterator[None]:
    with configured("yes"):
        yield


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


@pytest.mark.usefixtures("turned_on")
def test_messages_do_not_get_each_others_traces(bench: Bench) -> None:
    """They come while others are sent and handled, and by the same turns of the loop."""
    inbox = Inbox()
    sent: dict[bytes, str] = {}
    got: dict[bytes, str] = {}

    async def keep(properties: Properties, body: bytes) -> None:
        trace = current_trace()
        assert trace is not None
        got[body] = trace.trace_id
        await inbox(properties, body)

    async def send(broker: Broker, body: bytes) -> None:
        with span("request") as step:
            sent[body] = step.trace.trace_id
            await broker.publish(body, bench.target("work"))

    async def scenario(broker: Broker) -> None:
        await asyncio.gather(*(send(broker, b"%d" % i) for i in range(50)))
        await inbox.bodies(50)

    bench.run(scenario, work=keep)
    assert len(set(sent.values())) == 50
    assert got == sent


@pytest.mark.usefixtures("turned_on")
def test_a_message_in_the_outbox_keeps_its_trace(bench: Bench, tmp_path: Path) -> None:
    """It may be sent by the next process, long after the request was answered."""
    handler, replies = Handler(), Inbox()

    async def scenario(broker: Broker) -> None:
        with span("request") as step:
            await broker.publish("x", bench.target("work"))
        await replies.next()
        assert handler.trace_ids == [step.trace.trace_id]

    config = {"outbox": str(tmp_path / "outbox")}
    bench.run(scenario, accept_replies=True, config=config, work=handler, reply=replies)


def test_messages_are_spans_by_the_conventions(bench: Bench) -> None:
    """Any tool shows which message it was, who has sent and who has handled it, and where the answer came from."""
    replies = Inbox()

    async def double(_properties: Properties, body: bytes) -> bytes:
        return body * 2

    async def scenario(broker: Broker) -> None:
        await broker.publish("ab", bench.target("double"), "42", message_id="one")
        await replies.next()

    with exported() as exporter:
        bench.run(scenario, accept_replies=True, double=double, reply=replies)
        spans = {span.name: span for span in exporter.get_finished_spans()}
    process = f"process {bench.target('double')}"
    assert {name: each.kind.name for name, each in spans.items()} == {
        "send amq.topic": "PRODUCER",
        process: "CONSUMER",
        "send reply": "PRODUCER",
        "process reply": "CONSUMER",
    }
    for name, operation in (("send amq.topic", "send"), (process, "process")):
        attributes = dict(spans[name].attributes or {})
        assert attributes.pop("messaging.system") in ("rabbitmq", "asab.memory")
        assert attributes == {
            "messaging.operation.name": operation,
            "messaging.operation.type": operation,
            "messaging.destination.name": "amq.topic",
            "messaging.rabbitmq.destination.routing_key": bench.target("double"),
            "messaging.message.id": "one",
            "messaging.message.conversation_id": "42",
        }


def test_a_handler_that_raises_is_a_failed_span(bench: Bench) -> None:
    """What went wrong is red, on both sides, and says by what."""

    async def broken(_properties: Properties, _body: bytes) -> None:
        raise LookupError("no such thing")

    async def scenario(broker: Broker) -> None:
        with pytest.raises(CallFailedError), span("request"):
            await broker.call(bench.target("broken"))

    with exported() as exporter:
        bench.run(scenario, broken=broken)
        spans = {span.name: span for span in exporter.get_finished_spans()}
    process = spans[f"process {bench.target('broken')}"]
    assert not process.status.is_ok
    assert dict(process.attributes or {})["error.type"] == "LookupError"
    assert [event.name for event in process.events] == ["exception"]
    assert not spans["request"].status.is_ok
    assert spans["send reply"].status.is_ok
