"""The line to a server behind a bad network, and to the nodes of a cluster."""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from asab_app.metrics import Metrics
from asab_app.metrics import Module as MetricsModule
from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.mom import Changes, Inbox, LogWatch, serve, within
from tests.support.proxy import Proxy
from tests.support.rabbitmq import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asab_app import Application
    from asab_mom import Broker


@pytest.fixture
def queue(amqp_url: str) -> Iterator[str]:
    """A name for a queue, which is deleted after the test."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    asyncio.run(amqp.delete(amqp_url, name))


def alone(url: str) -> Callable[[Application], AMQPBroker]:
    return lambda app: AMQPBroker(app, config={"url": url, "exchange": "", "reconnect_delay": 0.2})


def port(url: str) -> int:
    return urlsplit(url).port or 5672


def through(proxy: Proxy, url: str) -> str:
    parts = urlsplit(url)
    return f"amqp://{parts.username}:{parts.password}@127.0.0.1:{proxy.port}{parts.path}"


def echo(broker: Broker, url: str, queue: str, inbox: Inbox, **more: object) -> AMQPBroker:
    """A broker that publishes to a queue and handles what is in it."""
    other = AMQPBroker(broker.App, config={"url": url, "exchange": "", "reconnect_delay": 0.2, **more})
    other.subscribe(queue)
    other.add(queue, inbox)
    return other


# The network


@pytest.mark.slow
def test_a_line_whose_other_end_has_gone_without_a_word_is_found_out(amqp_url: str, queue: str) -> None:
    """A machine that loses its power sends no farewell, and its open connections look as well as ever."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with Proxy(port(amqp_url)) as proxy:
            other = echo(broker, through(proxy, amqp_url), queue, inbox, heartbeat=1)
            await other.publish("before", queue)
            with LogWatch() as log:
                proxy.silence()
                publishing = asyncio.ensure_future(other.publish("into nothing", queue))
                await log.wait_for("no sign of life from the broker for 1.75 s")
                await proxy.cut()
                await within(publishing)
            await inbox.until({b"before", b"into nothing"})

    serve(alone(amqp_url), scenario)


@pytest.mark.slow
def test_a_slow_line_stays_up(amqp_url: str, queue: str) -> None:
    """A line with a heartbeat of a second carries more than a second's worth of bytes."""
    inbox = Inbox()
    bodies = {bytes([i]) * 1_000_000 for i in range(3)}

    async def scenario(broker: Broker) -> None:
        async with Proxy(port(amqp_url)) as proxy:
            other = echo(broker, through(proxy, amqp_url), queue, inbox, heartbeat=2)
            await other.publish("before", queue)
            await inbox.until({b"before"})
            with LogWatch() as log:
                proxy.slow_down(0.1)
                await within(asyncio.gather(*(other.publish(body, queue) for body in bodies)))
                await inbox.until(bodies)
                assert log.count("No connection") == 0

    serve(alone(amqp_url), scenario)


# A cluster


def test_nodes_of_a_cluster_that_are_down_are_passed_over(amqp_url: str, queue: str) -> None:
    """One address in the configuration is enough that works; what is wrong with the others is said of each."""
    inbox = Inbox()
    ports = [free_port(), free_port(), free_port()]
    dead = [f"amqp://user:s3cret@127.0.0.1:{port}/" for port in ports]

    async def scenario(broker: Broker) -> None:
        with LogWatch() as log:
            other = echo(broker, "\n".join([*dead, amqp_url]), queue, inbox)
            await within(other.publish("Hello!", queue))
            await inbox.until({b"Hello!"})
            said = [line for line in log.lines if "No connection" in line]
            assert len(said) == len(set(said))
            assert all(re.search(r"amqp://127\.0\.0\.1:\d+/: Connection refused", line) for line in said)

    serve(alone(amqp_url), scenario)


def test_a_line_that_is_lost_goes_on_to_the_next_node(amqp_url: str, queue: str) -> None:
    """When a node of a cluster dies, its applications are served by the others, with both connections."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with Proxy(port(amqp_url)) as one, Proxy(port(amqp_url)) as two:
            other = echo(broker, f"{through(one, amqp_url)},{through(two, amqp_url)}", queue, inbox)
            await other.publish("before", queue)
            victim, survivor = (one, two) if one.accepted else (two, one)
            victim.refuse()
            await victim.cut()
            await within(survivor.wait_accepted(2))
            await within(other.publish("after", queue))
            await inbox.until({b"before", b"after"})

    serve(alone(amqp_url), scenario)


# What is told


def test_nobody_is_told_the_password(amqp_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the log with every detail, nor errors, tasks, the health, nor what a debugger shows of a broker."""
    urls = f"amqp://nobody:s3cret@127.0.0.1:{port(amqp_url)}/,amqp://nobody:s3cret@127.0.0.1:{free_port()}/"
    shown: list[str] = []

    async def scenario(broker: Broker) -> None:
        with LogWatch() as log:
            other = AMQPBroker(broker.App, config={"url": urls, "reconnect_delay": 0.2, "publish_timeout": 0.5})
            with pytest.raises(Exception, match="has not confirmed the message within") as error:
                await other.publish("never")
            await log.wait_for("refuses us")
            await log.wait_for("Connection refused")
            shown.extend([repr(error.value), *map(repr, asyncio.all_tasks()), *map(str, broker.App.Health.down)])
            shown.extend([repr(other), repr(vars(other)), str(other.Config.explain("url"))])

    caplog.set_level(logging.DEBUG)
    serve(alone(amqp_url), scenario)
    assert "nobody" in repr(shown)  # the user is no secret, and what was looked at is not empty
    assert "s3cret" not in caplog.text + repr(shown)


def test_metrics_count_messages_and_lines(amqp_url: str, queue: str) -> None:
    """Who looks at a dashboard sees a line that flaps, and a handler that fails."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with Proxy(port(amqp_url)) as proxy:
            other = echo(broker, through(proxy, amqp_url), queue, inbox)
            await other.publish("before", queue)
            await proxy.cut()
            await within(proxy.wait_accepted(4))
            await within(other.publish("after", queue))
            await inbox.until({b"before", b"after"})
            metrics = broker.App.get_service("asab.MetricsService")
            assert isinstance(metrics, Metrics)
            messages, lines = metrics.Metrics["asab:mom:amqp:2:messages"], metrics.Metrics["asab:mom:amqp:2:lines"]
            await Changes(broker.App).until(ready=True)
            assert lines.Values == {"connecting": 0, "open": 2, "blocked": 0, "lost": 0, "closed": 0}
            assert messages.Values["reconnects"] == 2
            assert messages.Values["published"] == 2

    def setup(app: Application) -> AMQPBroker:
        broker = alone(amqp_url)(app)
        app.add_module(MetricsModule)  # in whatever order
        return broker

    serve(setup, scenario)
