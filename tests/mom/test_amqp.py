"""`AMQPBroker` on a real RabbitMQ: what the contract of all brokers does not say."""

from __future__ import annotations

import asyncio
import struct
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from asab_config import Config
from asab_mom import PublishError
from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.mom import Inbox, LogWatch, serve, within
from tests.support.rabbitmq import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asab_app import Application
    from asab_mom import Broker, Properties


@pytest.fixture
def queue(amqp_url: str) -> Iterator[str]:
    """A name for a queue, which is deleted after the test."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    asyncio.run(amqp.delete(amqp_url, name, f"{name}.dead"))


class Stuck:
    """A handler that waits until it may go on."""

    def __init__(self) -> None:
        self.came, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, _properties: Properties, _body: bytes) -> None:
        self.came.set()
        await self.go.wait()


def subscribed(url: str, queue: str, handler: Any, **config: Any) -> Callable[[Application], AMQPBroker]:
    """A setup: a broker that publishes to queues, and handles the messages of one."""

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": url, "exchange": "", "reconnect_delay": 0.1, **config})
        broker.subscribe(queue)
        broker.add(queue, handler)
        return broker

    return setup


# What is shown


def test_the_lines_to_the_server_are_shown_without_the_password(amqp_url: str, queue: str) -> None:
    """Whoever looks at the panel of the message queues sees where the broker is connected, and how."""

    async def scenario(broker: Broker) -> None:
        await broker.publish("Hello!", queue)
        shown: Any = broker.App.Inspection.read("mom")
        assert {line["purpose"]: line["state"] for line in shown["Lines"]} == {"consume": "open", "publish": "open"}
        assert all(line["server"].startswith("amqp://") and "@" not in line["server"] for line in shown["Lines"])

    serve(subscribed(amqp_url, queue, Inbox()), scenario)


def test_what_is_in_the_queues_is_asked_for_while_somebody_looks(amqp_url: str, queue: str) -> None:
    """Who looks sees a queue that grows; one that is gone spoils nothing, and while nobody looks nobody asks."""
    handler = Stuck()

    async def depths(broker: Broker) -> dict[str, tuple[int, int]]:
        """What is shown when the server has been asked."""
        broker.App.Inspection.read("mom")
        (asked,) = (task for task in asyncio.all_tasks() if task.get_name() == "what somebody looks at")
        await within(asked)
        shown: Any = broker.App.Inspection.read("mom")
        return {row["queue"]: (row["waiting"], row["consumers"]) for row in shown["Queues"]}

    async def scenario(broker: Broker) -> None:
        for _ in range(3):
            await broker.publish("Hello!", queue)
        await within(handler.came.wait())
        assert "what somebody looks at" not in {task.get_name() for task in asyncio.all_tasks()}
        assert await depths(broker) == {"amq.nowhere": (None, None), queue: (2, 1)}
        handler.go.set()

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": amqp_url, "exchange": "", "prefetch_count": 1})
        broker.subscribe("amq.nowhere")  # a name that is the server's own
        broker.subscribe(queue)
        broker.add(queue, handler)
        return broker

    serve(setup, scenario)


# Queues


def test_a_missing_queue_is_declared_durable(amqp_url: str, queue: str) -> None:
    """Messages outlive a restart of the server without anything to set up."""

    async def scenario(broker: Broker) -> None:
        await broker.publish("Hello!", queue)
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=True)  # refused if it were not

    serve(subscribed(amqp_url, queue, Inbox()), scenario)


def test_an_existing_queue_is_used_as_it_is(amqp_url: str, queue: str) -> None:
    """Queues are made by operators, with arguments that the application does not know."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=False, arguments={"x-max-length": 10})
        broker.subscribe(queue)
        broker.add(queue, inbox)
        await broker.publish("Hello!", queue)
        assert (await inbox.next())[1] == b"Hello!"

    serve(lambda app: AMQPBroker(app, config={"url": amqp_url, "exchange": ""}), scenario)


def test_a_rejected_message_goes_to_the_dead_letter_exchange(amqp_url: str, queue: str) -> None:
    """What could not be handled is there for a person to look at."""
    dead = Inbox()

    async def fail(properties: Properties, body: bytes) -> None:
        raise ValueError("bad")

    async def scenario(broker: Broker) -> None:
        arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{queue}.dead"}
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=True, arguments=arguments)
        for name, handler in ((queue, fail), (f"{queue}.dead", dead)):
            broker.subscribe(name)
            broker.add(name, handler)
        await broker.publish("Hello!", queue)
        properties, body = await dead.next()
        assert body == b"Hello!"
        assert properties.headers["x-death"][0]["reason"] == "rejected"

    serve(lambda app: AMQPBroker(app, config={"url": amqp_url, "exchange": ""}), scenario)


def test_a_queue_that_is_deleted_under_its_consumer_is_declared_and_consumed_again(amqp_url: str, queue: str) -> None:
    """An operator's mistake does not make an application deaf."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        with LogWatch() as log:
            await broker.publish("before", queue)
            assert (await inbox.next())[1] == b"before"
            await amqp.delete(amqp_url, queue)
            await log.wait_for("the broker has cancelled the consumer: the queue is gone")
            while inbox.empty:  # until the queue is there again a message to it is gone
                await broker.publish("after", queue)
            assert (await inbox.next())[1] == b"after"

    serve(subscribed(amqp_url, queue, inbox), scenario)


def test_a_subscription_of_an_exchange_that_comes_later_works_then(amqp_url: str, queue: str) -> None:
    """The order in which the parts of a system are set up does not matter."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        with LogWatch() as log:
            broker.subscribe(queue, exchange=True)
            broker.add("word", inbox)
            await log.wait_for(f"Subscription of exchange '{queue}'")
            async with amqp.channel(amqp_url) as channel:
                await channel.exchange_declare(queue, "fanout", auto_delete=True)
            while inbox.empty:
                await broker.publish("Hello!", "word", exchange=queue)
            assert log.count(f"Subscription of exchange '{queue}'") == 1

    serve(lambda app: AMQPBroker(app, config={"url": amqp_url, "reconnect_delay": 0.1}), scenario)


def test_the_queues_of_a_brokers_own_are_gone_after_it(amqp_url: str) -> None:
    """Nothing piles up on the server."""
    names: list[str] = []

    async def scenario(broker: Broker) -> None:
        async def note(properties: Properties, body: bytes) -> None:
            names.append(str(properties.reply_to))
            noted.set()

        noted = asyncio.Event()
        target = uuid.uuid4().hex
        broker.add(target, note)
        broker.subscribe("amq.topic", exchange=True, routing_key=target)
        await broker.publish("", target, exchange="amq.topic")
        await within(noted.wait())

    serve(lambda app: AMQPBroker(app, True, config={"url": amqp_url}), scenario)

    async def look() -> None:
        async with amqp.channel(amqp_url) as channel:
            with pytest.raises(Exception, match="no queue"):
                await channel.queue_declare(names[0], passive=True)

    asyncio.run(look())


def test_a_name_that_the_server_cannot_have_is_refused_where_it_is_given(amqp_url: str) -> None:
    """A typing error is found at once, and not by the silence that follows."""

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": amqp_url, "exchange": ""})
        for name in ("caf\u00e9", "new\nline"):
            with pytest.raises(ValueError, match="cannot subscribe"):
                broker.subscribe(name)
        with pytest.raises(ValueError, match="subscription of 256 bytes is too long"):
            broker.subscribe("x" * 256)
        with pytest.raises(ValueError, match="a queue of 264 bytes is too long"):  # the broker's own
            broker.subscribe("x" * 222, exchange=True)
        for exchange in (False, True):
            with pytest.raises(ValueError, match="must be the name of a queue or of an exchange"):
                broker.subscribe("", exchange=exchange)
        return broker

    async def scenario(broker: Broker) -> None:
        await within(broker.publish("still works", "nobody"))

    serve(setup, scenario)


# Messages of others


def test_a_message_that_cannot_be_read_is_rejected_and_the_line_goes_on(amqp_url: str, queue: str) -> None:
    """One bad publisher does not stop its readers."""
    inbox = Inbox()
    year_30000 = struct.pack(">HHQ", 60, 0, 3) + struct.pack(">HQ", 1 << 6, 884_541_000_000)

    async def scenario(broker: Broker) -> None:
        with LogWatch() as log:
            await broker.publish("before", queue)
            async with amqp.channel(amqp_url) as channel:
                await amqp.publish_raw(channel, queue, year_30000, b"bad")
                await log.wait_for(f"A message from queue '{queue}' is rejected: the properties of the message")
            await broker.publish("after", queue)
            assert await inbox.bodies(2) == [b"before", b"after"]

    serve(subscribed(amqp_url, queue, inbox), scenario)


def test_a_message_without_any_property_is_handled(amqp_url: str, queue: str) -> None:
    """Other programs send as little as they like."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        await broker.publish("first", queue)
        async with amqp.channel(amqp_url) as channel:
            await channel.basic_publish(b"bare", "", queue)
            assert await inbox.bodies(2) == [b"first", b"bare"]

    serve(subscribed(amqp_url, queue, inbox), scenario)


# The end


def test_an_application_whose_broker_is_not_there_starts_and_stops(caplog: pytest.LogCaptureFixture) -> None:
    """A server that is down is waited for, and does not keep anyone from leaving."""
    port = free_port()

    async def scenario(broker: Broker) -> None:
        published.append(asyncio.ensure_future(broker.publish("never")))
        await log.wait_for(f"No connection to amqp://127.0.0.1:{port}/: Connection refused")

    published: list[asyncio.Future[None]] = []
    with LogWatch() as log:  # the line tries before the scenario begins
        assert serve(subscribed(f"amqp://127.0.0.1:{port}", "queue", Inbox()), scenario) == 0
    assert isinstance(published[0].exception(), PublishError)
    assert caplog.text.count("No connection to") == 1


def test_publish_gives_up_after_publish_timeout() -> None:
    """A web request cannot wait for a server for ever."""
    port = free_port()

    async def scenario(broker: Broker) -> None:
        with pytest.raises(PublishError, match=rf"amqp://127.0.0.1:{port}/ has not confirmed the message within 1 s"):
            await broker.publish("never")

    def setup(app: Application) -> AMQPBroker:
        return AMQPBroker(app, config={"url": f"amqp://127.0.0.1:{port}", "publish_timeout": 1})

    serve(setup, scenario)


# Configuration


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("url", "http://user:s3cret@host/", "url = '***': expected amqp://user:password@host:port/vhost"),
        ("url", "amqp://user:s3cret/@host/", "url = '***': expected amqp://user:password@host:port/vhost"),
        ("url", "amqp://user:s3cret", "url = '***': expected amqp://user:password@host:port/vhost"),
        ("prefetch_count", "0", "prefetch_count = '0': must be from 1 to 65535"),
        ("heartbeat", "never", "heartbeat = 'never': expected a whole number"),
        ("reconnect_delay", "0", "reconnect_delay = '0': must be at least 0.1"),
        ("ca", "/etc/ca.pem", "ca = '/etc/ca.pem': only amqps:// needs it; url has amqp://"),
        ("exchange", "x" * 256, f"exchange = '{'x' * 200}...': must have at most 255 bytes"),
        ("appname", "x" * 101, f"appname = '{'x' * 101}': must have at most 100 bytes"),
        ("appname", "caf\u00e9", "appname = 'caf\u00e9': must have letters and digits of ASCII"),
    ],
)
def test_a_mistake_in_the_section_is_one_line_that_names_it(
    option: str, value: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever wrote it finds it, by file and line; the password is not in the log."""
    section = f"asab:mom:{uuid.uuid4().hex}"

    def setup(app: Application) -> AMQPBroker:
        Config.read_string(f"[{section}]\n{option} = {value}\n", "site.conf")
        return AMQPBroker(app, config_section_name=section)

    with pytest.raises(SystemExit) as exit_info:
        serve(setup, lambda broker: within(asyncio.sleep(0)))
    assert exit_info.value.code == 78
    (error,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert error.getMessage().startswith(f"site.conf:2: [{section}] {text}")
    assert error.exc_info is None
    assert "s3cret" not in caplog.text
