"""`AMQPBroker` when the line fails: nothing that was accepted is lost, and the log says it once."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from asab_app import StartupError
from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.amqp_broker import consumer, options
from tests.support.certificate import tls_section
from tests.support.mom import Inbox, LogWatch, serve, within
from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asab_app import Application
    from asab_mom import Broker


@pytest.fixture
def queue(amqp_url: str) -> Iterator[str]:
    """A name for a queue, which is deleted after the test."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    asyncio.run(amqp.delete(amqp_url, name))


def through(proxy: Proxy, url: str, user: str = "guest", vhost: str = "") -> str:
    """The URL of a server behind a proxy."""
    parts = urlsplit(url)
    password = parts.password if user == "guest" else "s3cret"
    return f"amqp://{user}:{password}@127.0.0.1:{proxy.port}/{vhost or parts.path[1:]}"


def test_a_message_whose_confirmation_is_lost_with_the_line_is_sent_again_with_the_same_id(
    amqp_url: str, queue: str
) -> None:
    """An accepted message arrives at least once, and its reader can tell a repetition."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with Proxy(urlsplit(amqp_url).port or 5672) as proxy:
            sender = AMQPBroker(broker.App, config=options(through(proxy, amqp_url)))
            await broker.publish("first", queue)  # the queue is there then
            await inbox.next()
            await sender.publish("second", queue)
            await inbox.next()
            proxy.mute()
            publishing = asyncio.ensure_future(sender.publish("third", queue))
            once, _ = await inbox.next()
            assert not publishing.done()
            await proxy.cut()
            twice, body = await inbox.next()
            assert (twice.message_id, body) == (once.message_id, b"third")
            await within(publishing)

    serve(consumer(amqp_url, queue, inbox), scenario)


def test_messages_in_flight_survive_one_cut_after_another(amqp_url: str, queue: str) -> None:
    """A bad network makes an application slow and nothing worse."""

    async def scenario(broker: Broker) -> None:
        async with Proxy(urlsplit(amqp_url).port or 5672) as proxy:
            receiver = AMQPBroker(broker.App, config=options(through(proxy, amqp_url)))
            received = Inbox()
            receiver.subscribe(queue)
            receiver.add(queue, received)
            bodies = {str(i).encode() for i in range(1000)}
            publishing = asyncio.gather(*(receiver.publish(body, queue) for body in bodies))
            for connections in (2, 4, 6):  # two for the first time, and two more after each cut
                await within(proxy.wait_accepted(connections))
                await proxy.cut()
            await within(publishing)
            await received.until(bodies)

    serve(lambda app: AMQPBroker(app, config=options(amqp_url)), scenario)


@pytest.mark.parametrize(
    ("user", "vhost", "said"),
    [
        ("nobody", "", "refuses us: ACCESS_REFUSED"),
        ("guest", "nowhere", "refuses us: NOT_ALLOWED - vhost nowhere not found"),
    ],
)
def test_wrong_credentials_and_a_wrong_virtual_host_are_said_once(
    amqp_url: str, user: str, vhost: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever starts it sees what is wrong, in one line however often it is tried, and without the password."""

    async def scenario(broker: Broker) -> None:
        async with Proxy(urlsplit(amqp_url).port or 5672) as proxy:
            AMQPBroker(broker.App, config=options(through(proxy, amqp_url, user, vhost)))
            await within(proxy.wait_accepted(6))
            errors.extend(r.getMessage() for r in caplog.records if r.levelname in ("WARNING", "ERROR"))

    errors: list[str] = []
    serve(lambda app: AMQPBroker(app, config=options(amqp_url)), scenario)
    assert len(errors) == 1
    assert said in errors[0]
    assert "Check user, password and virtual host in url" in errors[0]
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(("vouched", "said"), [(True, "Connected to amqps://"), (False, "certificate verify failed")])
def test_tls_connects_to_a_server_that_the_system_vouches_for_and_to_no_other(
    amqp_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vouched: bool, said: str
) -> None:
    """Who stands in between reads neither messages nor passwords."""
    files = tls_section(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["cert"], files["key"])
    if vouched:
        monkeypatch.setenv("SSL_CERT_FILE", files["cert"])

    async def scenario(broker: Broker) -> None:
        async with Proxy(urlsplit(amqp_url).port or 5672, context) as proxy:
            with LogWatch() as log:
                AMQPBroker(broker.App, config=options(through(proxy, amqp_url).replace("amqp:", "amqps:")))
                await log.wait_for(said)

    serve(lambda app: AMQPBroker(app, config=options(amqp_url)), scenario)


def test_something_that_is_no_amqp_server_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A wrong port in the configuration is found by the log."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    async def scenario(broker: Broker) -> None:
        with LogWatch() as log:
            async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                AMQPBroker(broker.App, config=options(f"amqp://127.0.0.1:{port}/"))
                await log.wait_for("the peer does not speak AMQP 0-9-1")

    serve(lambda app: AMQPBroker(app, config=options("amqp://127.0.0.1:1/")), scenario)


def test_an_application_that_stops_while_it_connects_leaves_nothing_open() -> None:
    """A server that accepts and says nothing is no reason to wait."""

    async def scenario(broker: Broker) -> None:
        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            greeted.set()
            await reader.read()
            writer.close()
            closed.append(True)

        greeted = asyncio.Event()
        server = await asyncio.start_server(hold, "127.0.0.1", 0)
        AMQPBroker(broker.App, config=options(f"amqp://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
        await within(greeted.wait())
        broker.App.PubSub.subscribe("Application.exit!", lambda message_type: server.close())

    closed: list[bool] = []
    assert serve(lambda app: AMQPBroker(app, config=options("amqp://127.0.0.1:1/")), scenario) == 0
    assert closed == [True, True]  # the line to publish and the line to consume


def test_a_start_that_fails_leaves_no_connection(amqp_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that was made is gone with an application that is not to be."""

    def setup(app: Application) -> AMQPBroker:
        AMQPBroker(app, accept_replies=True, config=options(amqp_url))
        raise StartupError("something else is missing")

    async def scenario(broker: Broker) -> None:
        raise AssertionError("it does not come to this")

    with pytest.raises(SystemExit):
        serve(setup, scenario)
    errors = [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert errors == ["something else is missing"]
