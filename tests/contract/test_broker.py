"""What every broker does, whatever carries the messages."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from asab_mom import Broker, MemoryBroker, PublishError
from tests.support.mom import Inbox, serve, within

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from asab_app import Application
    from asab_mom import Properties


class Bench:
    """Makes brokers of one kind that share a server, with targets that no other test uses."""

    def __init__(self, make_broker: Callable[..., Broker], url: str) -> None:
        self._make_broker = make_broker
        self.url = url
        self.name = f"test-{uuid.uuid4().hex}"

        self.queues: list[str] = []

    def target(self, word: str) -> str:
        return f"{self.name}.{word}"

    def queue(self, word: str) -> str:
        """A queue that is deleted after the test, and the target that leads to it by the default exchange."""
        self.queues.append(self.target(word))
        return self.target(word)

    def broker(self, app: Application, *, accept_replies: bool = False, **config: Any) -> Broker:
        return self._make_broker(app, accept_replies, config={"url": self.url, "exchange": "amq.topic", **config})

    def run(
        self,
        scenario: Callable[[Broker], Awaitable[None]],
        *,
        accept_replies: bool = False,
        **handlers: Callable[[Properties, bytes], Awaitable[Any]],
    ) -> None:
        """Run an application whose broker gets the messages of all targets here, and whose `main()` is the scenario."""

        def setup(app: Application) -> Broker:
            broker = self.broker(app, accept_replies=accept_replies)
            broker.subscribe("amq.topic", exchange=True, routing_key=self.target("#"))
            for word, handler in handlers.items():
                broker.add("reply" if word == "reply" else self.target(word), handler)
            return broker

        assert serve(setup, scenario) == 0


@pytest.fixture(params=["memory", "amqp"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield Bench(MemoryBroker, f"memory://{uuid.uuid4().hex}/")
        return
    from asab_mom.amqp import AMQPBroker
    from tests.support import amqp

    bench = Bench(AMQPBroker, request.getfixturevalue("amqp_url"))
    yield bench
    asyncio.run(amqp.delete(bench.url, *bench.queues))


# Publishing and receiving


def test_a_body_arrives_as_bytes_whether_it_was_text_or_bytes(bench: Bench) -> None:
    """The main job: what one publishes, another handles."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("Příliš", bench.target("one"))
        assert (await inbox.next())[1] == "Příliš".encode()
        for body in (b"\x00\xff", bytearray(b"two"), memoryview(b"three"), b"", ""):
            await broker.publish(body, target=bench.target("one"))
        assert sorted(await inbox.bodies(5)) == [b"", b"", b"\x00\xff", b"three", b"two"]

    bench.run(scenario, one=inbox)


def test_the_target_decides_which_handler_gets_a_message(bench: Bench) -> None:
    """An application has one broker and many kinds of messages."""
    one, two = Inbox(), Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("1", bench.target("one"))
        await broker.publish("2", bench.target("two"))
        assert (await one.next())[1] == b"1"
        assert (await two.next())[1] == b"2"
        assert one.empty
        assert two.empty

    bench.run(scenario, one=one, two=two)


def test_a_queue_that_is_not_there_is_made_and_found_by_what_is_published_next(bench: Bench) -> None:
    """The first start of an application on an empty server loses nothing."""
    inbox, queue = Inbox(), bench.queue("new")

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, exchange="")
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("Hello!", queue)
        assert (await inbox.next())[1] == b"Hello!"

    assert serve(setup, scenario) == 0


def test_a_subscription_and_a_handler_can_be_added_while_the_application_runs(bench: Bench) -> None:
    """Not everything is known at the start."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        broker.subscribe("amq.fanout", exchange=True)
        broker.add(bench.target("late"), inbox)
        await broker.publish("Hello!", bench.target("late"), exchange="amq.fanout")
        assert (await inbox.next())[1] == b"Hello!"

    bench.run(scenario)


def test_to_subscribe_twice_is_to_subscribe_once(bench: Bench) -> None:
    """Two modules that need the same messages do not double them."""
    inbox, queue = Inbox(), bench.queue("twice")

    def setup(app: Application) -> Broker:
        broker = bench.broker(app)
        for _ in range(2):
            broker.subscribe(queue)
            broker.subscribe("amq.topic", exchange=True, routing_key=queue)
        broker.add(queue, inbox)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("by the exchange", queue)
        await broker.publish("by the queue", queue, exchange="")
        assert set(await inbox.bodies(2)) == {b"by the exchange", b"by the queue"}
        assert inbox.empty

    assert serve(setup, scenario) == 0


def test_a_broker_can_be_made_while_the_application_runs(bench: Bench) -> None:
    """A connection to a second server may be asked for by a message."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        other = bench.broker(broker.App)
        other.subscribe("amq.topic", exchange=True, routing_key=bench.target("late"))
        other.add(bench.target("late"), inbox)
        await other.publish("Hello!", bench.target("late"))
        assert (await inbox.next())[1] == b"Hello!"

    bench.run(scenario)


def test_messages_wait_until_the_application_runs(bench: Bench) -> None:
    """A handler never meets a service that is not initialized, and a handler added late by a module misses nothing."""
    inbox = Inbox()

    class Early(Exception):
        pass

    def setup(app: Application) -> Broker:
        async def handler(properties: Properties, body: bytes) -> None:
            if not running:
                raise Early
            await inbox(properties, body)

        running: list[bool] = []
        app.PubSub.subscribe("Application.run!", lambda message_type: running.append(True))
        broker = bench.broker(app)
        broker.subscribe("amq.topic", exchange=True, routing_key=bench.target("#"))
        broker.add(bench.target("early"), handler)
        published = app.Loop.create_task(broker.publish("Hello!", bench.target("early")))
        app.PubSub.subscribe("Application.init!", wait_for(published))
        return broker

    def wait_for(task: asyncio.Task[None]) -> Callable[[str], Awaitable[None]]:
        async def wait(message_type: str) -> None:
            await within(task)

        return wait

    async def scenario(broker: Broker) -> None:
        assert (await inbox.next())[1] == b"Hello!"

    assert serve(setup, scenario) == 0


def test_properties_and_headers_arrive_as_they_were_sent(bench: Bench) -> None:
    """Applications route and trace by them."""
    inbox = Inbox()
    headers = {
        "text": "Příliš",
        "bytes": b"\x00\xff",
        "yes": True,
        "numbers": [0, -1, 2**31, -(2**63), 2**63 - 1, 0.1, decimal.Decimal("1.50")],
        "nothing": None,
        "nested": {"when": datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)},
    }

    async def scenario(broker: Broker) -> None:
        await broker.publish(
            "{}",
            bench.target("one"),
            "correlation",
            reply_to="somewhere",
            content_type="application/json",
            content_encoding="utf-8",
            headers=headers,
            message_id="identity",
        )
        properties, _ = await inbox.next()
        assert properties.correlation_id == "correlation"
        assert properties.reply_to == "somewhere"
        assert properties.content_type == "application/json"
        assert properties.content_encoding == "utf-8"
        assert properties.headers == headers
        assert properties.message_id == "identity"
        assert properties.delivery_mode == 2
        assert properties.app_id == "asab.mom"

    bench.run(scenario, one=inbox)


def test_every_message_has_an_identity_of_its_own(bench: Bench) -> None:
    """What is delivered twice can be told from what was sent twice."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        for _ in range(2):
            await broker.publish("same", bench.target("one"))
        first, second = (await inbox.next())[0], (await inbox.next())[0]
        assert first.message_id
        assert first.message_id != second.message_id

    bench.run(scenario, one=inbox)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"body": 42}, TypeError, "a body must be a str or bytes, not 42"),
        ({"correlation_id": 42}, TypeError, "correlation_id must be a str, not 42"),
        ({"target": "x" * 256}, ValueError, "target of 256 bytes is too long"),
        ({"exchange": "x" * 256}, ValueError, "exchange of 256 bytes is too long"),
        ({"headers": {"set": {1}}}, TypeError, r"headers\['set'\] = \{1\} cannot travel"),
        ({"headers": {"k" * 256: 1}}, ValueError, "a key of headers of 256 bytes is too long"),
        ({"headers": {"big": [2**63]}}, ValueError, r"headers\['big'\]\[0\] = 9223372036854775808 does not fit"),
        ({"headers": {"t": datetime.datetime(2024, 1, 1)}}, ValueError, "needs a time zone"),
    ],
)
def test_what_cannot_travel_is_refused_and_the_next_message_goes(
    bench: Bench, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    """A mistake in one place of a program does not break the line for the others."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        with pytest.raises(error, match=text):
            await broker.publish(**{"body": "", "target": bench.target("one"), **arguments})
        await broker.publish("next", bench.target("one"))
        assert (await inbox.next())[1] == b"next"

    bench.run(scenario, one=inbox)


def test_two_thousand_messages_in_flight_are_all_accepted_and_all_arrive(bench: Bench) -> None:
    """A server confirms many messages at once; nobody is left waiting."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        bodies = [str(i).encode() for i in range(2000)]
        await within(asyncio.gather(*(broker.publish(body, bench.target("one")) for body in bodies)))
        assert set(await inbox.bodies(2000)) == set(bodies)

    bench.run(scenario, one=inbox)


def test_a_large_body_arrives_whole(bench: Bench) -> None:
    """Bodies are longer than a frame."""
    inbox = Inbox()
    body = bytes(range(256)) * 4096 * 3

    async def scenario(broker: Broker) -> None:
        await broker.publish(body, bench.target("one"))
        assert (await inbox.next())[1] == body

    bench.run(scenario, one=inbox)


def test_more_is_published_than_a_connection_holds(bench: Bench) -> None:
    """A burst of large messages waits for the line and does not pile up in it."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        bodies = {bytes([i]) * 500_000 for i in range(64)}
        await within(asyncio.gather(*(broker.publish(body, bench.target("one")) for body in bodies)))
        await inbox.until(bodies)

    bench.run(scenario, one=inbox)


def test_an_exchange_that_is_not_there_fails_its_messages_and_no_others(bench: Bench) -> None:
    """A wrong name in one place is an error there; what others have in flight goes on."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        good = [broker.publish(str(i), bench.target("one")) for i in range(10)]
        bad = [broker.publish("lost", bench.target("one"), exchange=bench.name) for _ in range(3)]
        results = await within(asyncio.gather(*good[:5], *bad, *good[5:], return_exceptions=True))
        assert [type(result) for result in results] == [type(None)] * 5 + [PublishError] * 3 + [type(None)] * 5
        assert "no exchange" in str(results[5])
        assert bench.name in str(results[5])
        await inbox.until({str(i).encode() for i in range(10)})

    bench.run(scenario, one=inbox)


def test_a_message_that_no_queue_is_bound_for_is_accepted_and_gone(bench: Bench) -> None:
    """As with every message queue server: publishing does not depend on who listens."""

    async def scenario(broker: Broker) -> None:
        await within(broker.publish("nobody", f"nobody-{bench.name}"))
        await within(broker.publish("nobody", f"nobody-{bench.name}", exchange=""))

    bench.run(scenario)


# Handling


def test_a_message_without_a_handler_is_discarded_with_a_warning(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The documentation has it so; and it does not block its queue."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        for _ in range(20):  # more than are delivered ahead
            await broker.publish("nobody", bench.target("unknown"))
        await broker.publish("somebody", bench.target("one"))
        assert (await inbox.next())[1] == b"somebody"

    bench.run(scenario, one=inbox)
    assert f"No handler for target '{bench.target('unknown')}'" in caplog.text


def test_a_handler_that_raises_is_logged_and_the_next_message_is_handled(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """One bad message costs itself."""
    inbox = Inbox()

    async def fail(properties: Properties, body: bytes) -> None:
        raise LookupError("no such thing")

    async def scenario(broker: Broker) -> None:
        for _ in range(20):
            await broker.publish("bad", bench.target("bad"))
        await broker.publish("good", bench.target("one"))
        assert (await inbox.next())[1] == b"good"

    bench.run(scenario, one=inbox, bad=fail)
    assert f"The handler of target '{bench.target('bad')}' failed" in caplog.text
    assert "LookupError: no such thing" in caplog.text


def test_a_handler_that_is_no_coroutine_function_is_named(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A forgotten `async` is found at once."""
    called = asyncio.Event()

    def handler(properties: Properties, body: bytes) -> Any:
        called.set()

    async def scenario(broker: Broker) -> None:
        await broker.publish("", bench.target("one"))
        await within(called.wait())

    bench.run(scenario, one=handler)
    assert "is not a coroutine function" in caplog.text


def test_a_handler_can_publish_and_wait_until_it_is_accepted(bench: Bench) -> None:
    """Handlers form chains; no number of them locks the line."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async def forward(properties: Properties, body: bytes) -> None:
            await broker.publish(body, bench.target("one"))

        broker.add(bench.target("forward"), forward)
        for i in range(50):
            await broker.publish(str(i), bench.target("forward"))
        assert {int(body) for body in await inbox.bodies(50)} == set(range(50))

    bench.run(scenario, one=inbox)


def test_a_slow_handler_does_not_hold_up_another(bench: Bench) -> None:
    """Several messages are handled at once."""
    inbox, release = Inbox(), asyncio.Event()

    async def slow(properties: Properties, body: bytes) -> None:
        await release.wait()

    async def scenario(broker: Broker) -> None:
        await broker.publish("", bench.target("slow"))
        await broker.publish("quick", bench.target("one"))
        assert (await inbox.next())[1] == b"quick"
        release.set()

    bench.run(scenario, one=inbox, slow=slow)


def test_no_more_messages_are_handled_at_once_than_prefetch_count_says(bench: Bench) -> None:
    """It bounds what a burst can do to an application."""
    inbox, release, running = Inbox(), asyncio.Event(), 0

    async def handler(properties: Properties, body: bytes) -> None:
        nonlocal running
        running += 1
        assert running <= 3
        if running == 3:
            release.set()
        await release.wait()
        await asyncio.sleep(0)
        running -= 1
        await inbox(properties, body)

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, prefetch_count=3)
        broker.subscribe("amq.topic", exchange=True, routing_key=bench.target("#"))
        broker.add(bench.target("one"), handler)
        return broker

    async def scenario(broker: Broker) -> None:
        for i in range(9):
            await broker.publish(str(i), bench.target("one"))
        assert {int(body) for body in await inbox.bodies(9)} == set(range(9))

    assert serve(setup, scenario) == 0


# Replying


async def _double(properties: Properties, body: bytes) -> bytes:
    return body * 2


def test_a_returned_value_comes_back_as_the_reply_with_the_same_correlation_id(bench: Bench) -> None:
    """The documentation's reply: ask here, answer there, and know which answer it is."""
    replies = Inbox()

    async def scenario(broker: Broker) -> None:
        for i in range(10):
            await broker.publish(str(i), bench.target("double"), correlation_id=f"question {i}")
        answers = [await replies.next() for _ in range(10)]
        assert {(properties.correlation_id, body) for properties, body in answers} == {
            (f"question {i}", str(i).encode() * 2) for i in range(10)
        }

    bench.run(scenario, accept_replies=True, double=_double, reply=replies)


@pytest.mark.parametrize("asked", [True, False])
def test_a_reply_goes_where_the_message_says_else_where_the_handler_says(bench: Bench, asked: bool) -> None:
    """Whoever asks decides where the answer goes; a chain of handlers is wired where they are added."""
    questions, one, two = (bench.queue(word) for word in ("questions", "one", "two"))
    answers, others = Inbox(), Inbox()

    def setup(app: Application) -> Broker:
        broker = bench.broker(app, exchange="")
        for queue in (questions, one, two):
            broker.subscribe(queue)
        broker.add(questions, _double, reply_to=one if not asked else two)
        broker.add(one, answers)
        broker.add(two, others)
        return broker

    async def scenario(broker: Broker) -> None:
        await broker.publish("ab", questions, "42", reply_to=one if asked else None)
        properties, body = await answers.next()
        assert (properties.correlation_id, body) == ("42", b"abab")
        assert others.empty

    assert serve(setup, scenario) == 0


def test_a_handler_that_returns_nothing_sends_no_reply(bench: Bench) -> None:
    """Most messages need no answer."""
    replies, inbox = Inbox(), Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("no answer", bench.target("one"))
        await inbox.next()
        await broker.publish("answer", bench.target("double"))
        assert (await replies.next())[1] == b"answeranswer"

    bench.run(scenario, accept_replies=True, one=inbox, double=_double, reply=replies)


# The end


def test_a_handler_finishes_and_its_reply_is_sent_when_the_application_stops(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A deployment cuts no work in two."""
    started, stopping, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work(properties: Properties, body: bytes) -> str:
        started.set()
        await stopping.wait()
        await broker_of[0].publish("by the way", bench.target("nobody"))
        finished.set()
        return "done"

    async def stop(message_type: str) -> None:
        stopping.set()

    broker_of: list[Broker] = []

    async def scenario(broker: Broker) -> None:
        broker_of.append(broker)
        broker.App.PubSub.subscribe("Application.exit!", stop)
        await broker.publish("work", bench.target("work"))
        await within(started.wait())

    bench.run(scenario, accept_replies=True, work=work)
    assert finished.is_set()
    assert "rejected" not in caplog.text


def test_a_closed_broker_says_so(bench: Bench) -> None:
    """What comes too late is an error and not a silence."""

    async def scenario(broker: Broker) -> None:
        await within(broker.finalize(broker.App))
        with pytest.raises(PublishError, match="the broker is closed"):
            await within(broker.publish("late", bench.target("one")))
        with pytest.raises(RuntimeError, match="the broker is closed: 'late' cannot be subscribed"):
            broker.subscribe("late")

    bench.run(scenario)


def test_a_broker_that_is_made_without_the_module_says_what_to_add(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The commonest mistake, in one line."""
    from asab_app import Application
    from asab_utils import Singleton

    class WithoutModule(Application):
        async def initialize(self) -> None:
            bench.broker(self)

    try:
        with pytest.raises(SystemExit):
            WithoutModule(args=[])
    finally:
        Singleton.delete(WithoutModule)
    assert "call app.add_module(asab.mom.Module) first" in caplog.text
    assert "Traceback" not in caplog.text


def test_broker_itself_cannot_be_made() -> None:
    """As the documentation says: choose one of the available brokers."""
    with pytest.raises(TypeError, match="abstract"):
        Broker(None)  # type: ignore[abstract, arg-type]
