"""The outbox: what `publish` has accepted is sent, whatever happens to the process, the line and the file."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from asab_app import StartupError
from asab_app.metrics import Metrics
from asab_app.metrics import Module as MetricsModule
from asab_mom import MemoryBroker, PublishError
from asab_mom.amqp import AMQPBroker
from tests.support import amqp
from tests.support.mom import Inbox, LogWatch, serve, within
from tests.support.mom_processes import accepted, publisher
from tests.support.proof import repetitions
from tests.support.rabbitmq import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asab_app import Application
    from asab_mom import Broker


@pytest.fixture
def queue(amqp_url: str) -> Iterator[str]:
    """A name for a queue, which is deleted after the test."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    asyncio.run(amqp.delete(amqp_url, name))


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """A path for an outbox, in a folder that is not there yet."""
    return tmp_path / "state" / "outbox"


def nowhere() -> str:
    """The URL of a server that does not run."""
    return f"amqp://127.0.0.1:{free_port()}/"


def sender(url: str, outbox: Path, **config: object) -> Callable[[Application], AMQPBroker]:
    def setup(app: Application) -> AMQPBroker:
        return AMQPBroker(app, config={"url": url, "outbox": str(outbox), "exchange": "", **config})

    return setup


def subscriber(url: str, outbox: Path, queue: str, inbox: Inbox, **config: object) -> Callable[[Application], Broker]:
    """A setup whose queue is there before anything of the outbox is sent."""

    def setup(app: Application) -> Broker:
        broker = sender(url, outbox, **config)(app)
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    return setup


def receive(url: str, queue: str, inbox: Inbox, scenario: Callable[[Broker], Any]) -> None:
    """Run an application that handles the messages of a queue."""

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": url, "exchange": ""})
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    serve(setup, scenario)


# The process


def test_what_was_accepted_without_a_server_survives_kill_9_and_is_sent_in_its_order(
    amqp_url: str, queue: str, outbox: Path, tmp_path: Path
) -> None:
    """The promise of the outbox."""
    with publisher(tmp_path, nowhere(), outbox, queue, 0, 100) as process:
        process.wait_for("accepted 99")
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with amqp.channel(amqp_url) as channel:
            await channel.queue_declare(queue, durable=True)
        with publisher(tmp_path, amqp_url, outbox, queue, 100, 10) as process:
            assert await asyncio.to_thread(process.wait_for, "waiting") == "waiting 100\n"
            await asyncio.to_thread(process.wait_for, "sent")
            assert await asyncio.to_thread(process.wait) == 0
        assert [int(body) for body in await inbox.bodies(110)] == list(range(110))
        assert inbox.empty

    receive(amqp_url, queue, inbox, scenario)


@pytest.mark.slow
@pytest.mark.proof
def test_a_process_that_is_killed_at_any_moment_loses_nothing_that_was_accepted(
    amqp_url: str, queue: str, outbox: Path, tmp_path: Path
) -> None:
    """There is no moment that is not thought of."""
    inbox, kills = Inbox(), repetitions(4, 200)

    async def scenario(broker: Broker) -> None:
        last = -1
        for _ in range(kills):
            url = random.choice([amqp_url, amqp_url, nowhere()])
            with publisher(tmp_path, url, outbox, queue, last + 1, 1_000_000, random.choice([0, 3000])) as process:
                number = last + random.randrange(1, 300)
                await asyncio.to_thread(process.wait_for, f"accepted {number}$")
                process.send(signal.SIGKILL)
                await asyncio.to_thread(process.wait)
                last = max(last, accepted(process))
        with publisher(tmp_path, amqp_url, outbox, queue, last + 1, 1) as process:
            await asyncio.to_thread(process.wait_for, "sent")
        firsts: list[int] = []
        seen: dict[int, int] = {}
        while len(seen) <= last + 1:
            number = int((await inbox.next())[1])
            if number not in seen:
                firsts.append(number)
            seen[number] = seen.get(number, 0) + 1
        assert firsts == sorted(firsts)
        assert set(range(last + 2)) <= set(seen)
        print(f"{kills} kills, {last + 2} accepted, {sum(seen.values()) - len(seen)} duplicates")

    receive(amqp_url, queue, inbox, scenario)


def test_a_message_that_is_sent_again_by_the_next_process_has_the_same_id(queue: str, outbox: Path) -> None:
    """So its reader can tell."""
    inbox, url = Inbox(), f"memory://{uuid.uuid4().hex}/"

    async def publish(broker: Broker) -> None:
        await broker.publish("once", queue, message_id="identity", priority=3, headers={"a": [1]}, persistent=False)

    async def wait(broker: Broker) -> None:
        properties, body = await inbox.next()
        assert (properties.message_id, properties.priority, body) == ("identity", 3, b"once")
        assert (properties.headers, properties.delivery_mode) == ({"a": [1]}, 1)

    def receiver(app: Application) -> MemoryBroker:
        broker = MemoryBroker(app, config={"url": url, "outbox": str(outbox), "exchange": ""})
        broker.subscribe(queue)
        broker.add(queue, inbox)
        return broker

    serve(sender(nowhere(), outbox), publish)
    assert serve(receiver, wait) == 0


# The server


def test_publish_does_not_wait_for_a_server_that_is_away_and_counts_what_waits(
    amqp_url: str, queue: str, outbox: Path
) -> None:
    """A request is answered while the server is restarted; and an operator sees how far behind it is."""

    async def publish(broker: Broker) -> None:
        assert broker.outbox is not None
        await within(asyncio.gather(*(broker.publish(str(i), queue) for i in range(3000))))
        assert (broker.outbox.waiting, broker.outbox.refused) == (3000, 0)
        assert broker.outbox.size > 3000

    async def look(broker: Broker) -> None:
        assert broker.outbox is not None
        assert [int(body) for body in await inbox.bodies(3000)] == list(range(3000))
        await broker.finalize(broker.App)
        assert (broker.outbox.waiting, broker.outbox.size) == (0, 0)

    inbox = Inbox()
    with LogWatch() as log:
        serve(sender(nowhere(), outbox), publish)
        assert log.count(f"3000 messages stay in the outbox {outbox}") == 1
    serve(subscriber(amqp_url, outbox, queue, inbox, prefetch_count=1), look)


def test_a_message_that_the_server_refuses_is_kept_said_and_sent_by_the_next_process(
    amqp_url: str, queue: str, outbox: Path
) -> None:
    """A wrong name holds up nobody, and when it is put right nothing has been lost."""
    inbox = Inbox()

    async def refused(broker: Broker) -> None:
        assert broker.outbox is not None
        with LogWatch() as log:
            await broker.publish("no exchange", "word", exchange=queue)
            await broker.publish("no queue", queue, mandatory=True)
            await log.wait_for("NOT_FOUND - no exchange")
            await log.wait_for("no queue has the message")
        broker.subscribe(f"{queue}.other")
        broker.add(f"{queue}.other", inbox)
        await broker.publish("other", f"{queue}.other")
        assert (await inbox.next())[1] == b"other"
        await amqp.delete(amqp_url, f"{queue}.other")
        assert broker.outbox.refused == 2

    serve(sender(amqp_url, outbox), refused)

    async def put_right() -> None:
        async with amqp.channel(amqp_url) as channel:
            await channel.exchange_declare(queue, "fanout", auto_delete=True)
            await channel.queue_declare(queue, durable=True)
            await channel.queue_bind(queue, queue, "")

    asyncio.run(put_right())

    async def receive_both(broker: Broker) -> None:
        broker.subscribe(queue)
        both = Inbox()
        for target in ("word", queue):
            broker.add(target, both)
        await both.until({b"no exchange", b"no queue"})

    serve(sender(amqp_url, outbox), receive_both)


def test_a_message_for_a_full_queue_is_tried_until_there_is_room(amqp_url: str, queue: str, outbox: Path) -> None:
    """A consumer that is behind costs time, and no message."""
    inbox = Inbox()

    async def scenario(broker: Broker) -> None:
        async with amqp.channel(amqp_url) as channel:
            arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
            await channel.queue_declare(queue, durable=True, arguments=arguments)
        with LogWatch() as log:
            for i in range(3):
                await broker.publish(str(i), queue)
            await log.wait_for("the broker could not take the message")
        broker.subscribe(queue)
        broker.add(queue, inbox)
        await inbox.until({b"0", b"1", b"2"})

    serve(sender(amqp_url, outbox, busy_timeout=0), scenario)


def test_metrics_tell_what_is_in_the_outbox(outbox: Path) -> None:
    """Who looks at a dashboard sees that messages pile up."""

    async def scenario(broker: Broker) -> None:
        metrics = broker.App.get_service("asab.MetricsService")
        assert isinstance(metrics, Metrics)
        gauge = metrics.Metrics["asab:mom:amqp:outbox"]
        assert gauge.Values == {"waiting": 0, "bytes": 0, "refused": 0}
        for _ in range(2):
            await broker.publish("x" * 1000, "queue")
        assert gauge.Values["waiting"] == 2
        assert gauge.Values["bytes"] > 2000

    def setup(app: Application) -> AMQPBroker:
        app.add_module(MetricsModule)
        return sender(nowhere(), outbox)(app)

    serve(setup, scenario)


def test_a_message_that_cannot_be_read_is_set_aside_through_the_outbox(amqp_url: str, queue: str, outbox: Path) -> None:
    """What others have sent wrongly does not block what we send."""
    inbox = Inbox()
    year_30000 = struct.pack(">HHQ", 60, 0, 3) + struct.pack(">HQ", 1 << 6, 884_541_000_000)

    async def scenario(broker: Broker) -> None:
        broker.subscribe(queue)
        broker.add(queue, inbox)
        with LogWatch() as log:
            await broker.publish("before", queue)
            assert (await inbox.next())[1] == b"before"  # the queue is there then
            async with amqp.channel(amqp_url) as channel:
                await amqp.publish_raw(channel, queue, year_30000, b"bad")
                await log.wait_for("the properties of the message")
                await broker.publish("after", queue)
                assert (await inbox.next())[1] == b"after"
                await broker.finalize(broker.App)
                failed = await channel.queue_declare(f"{queue}.failed", passive=True)
                assert failed["message_count"] == 1
                await channel.queue_delete(f"{queue}.failed")
        assert broker.outbox is not None
        assert broker.outbox.waiting == 0

    serve(sender(amqp_url, outbox, on_failed="set-aside"), scenario)


# The file


def test_a_full_outbox_holds_publish_up_until_there_is_room(amqp_url: str, queue: str, outbox: Path) -> None:
    """An outage fills the disk only as far as one wants."""

    async def fill(broker: Broker) -> None:
        for i in range(8):
            await broker.publish(str(i) * 1000, queue)
        with pytest.raises(PublishError, match="has had no room for the message within"):
            await broker.publish("9" * 1000, queue, timeout=0.05)
        with pytest.raises(PublishError, match=r"a message of 100\d\d bytes is larger than outbox_size allows"):
            await broker.publish("x" * 10_000, queue)
        await within(broker.publish("small", queue))

    async def empty(broker: Broker) -> None:
        for i in range(20):
            await within(broker.publish(str(i) * 1000, queue))
        bodies = [body for body in await inbox.bodies(29) if body != b"small"]
        assert [len(body) for body in bodies[:8]] == [1000] * 8

    inbox = Inbox()
    serve(sender(nowhere(), outbox, outbox_size=9000), fill)
    assert serve(subscriber(amqp_url, outbox, queue, inbox, outbox_size=9000), empty) == 0


def test_an_outbox_has_one_broker(outbox: Path, tmp_path: Path) -> None:
    """Two that send the same messages would double them."""

    async def scenario(broker: Broker) -> None:
        text = rf"\[asab:mom:amqp\] outbox: {outbox} is the outbox of another broker; give each its own file"
        with pytest.raises(StartupError, match=text):
            sender(nowhere(), outbox)(broker.App)
        with publisher(tmp_path, nowhere(), outbox, "queue", 0, 1) as process:
            assert await asyncio.to_thread(process.wait) != 0
            assert f"{outbox} is the outbox of another broker" in process.stderr
            assert "Traceback" not in process.stderr

    serve(sender(nowhere(), outbox), scenario)
    serve(sender(nowhere(), outbox), lambda broker: asyncio.sleep(0))


@pytest.mark.parametrize("content", ["text", "database", "damaged"])
def test_a_foreign_or_damaged_file_is_named_and_left_as_it_is(
    outbox: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in the configuration destroys nothing."""
    outbox.parent.mkdir()
    if content == "text":
        outbox.write_text("Dear diary, this is no outbox.")
    elif content == "database":
        with sqlite3.connect(outbox) as connection:
            connection.execute("CREATE TABLE diary (day TEXT)")
        connection.close()
    else:
        _write_damaged(outbox)
    before = outbox.read_bytes()
    with pytest.raises(SystemExit):
        serve(sender(nowhere(), outbox), lambda broker: asyncio.sleep(0))
    assert f"[asab:mom:amqp] outbox: {outbox}" in caplog.text
    assert "Traceback" not in caplog.text
    assert outbox.read_bytes() == before


def _write_damaged(outbox: Path) -> None:
    async def publish(broker: Broker) -> None:
        await asyncio.gather(*(broker.publish(str(i) * 1000, "queue") for i in range(100)))

    serve(sender(nowhere(), outbox), publish)
    data = bytearray(outbox.read_bytes())
    data[4096 * 3 : 4096 * 6] = random.randbytes(4096 * 3)
    outbox.write_bytes(data)


def test_nobody_else_can_read_the_file(outbox: Path) -> None:
    """There are messages in it."""

    async def scenario(broker: Broker) -> None:
        await broker.publish("secret", "queue")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in outbox.parent.iterdir()}
        assert set(modes) >= {"outbox", "outbox-lock", "outbox-wal"}
        assert set(modes.values()) == {0o600}

    serve(sender(nowhere(), outbox), scenario)


_FULL_DISK = """
import asyncio, resource, sys
import asab_app, asab_mom

class MyApplication(asab_app.Application):
    async def initialize(self):
        self.add_module(asab_mom.Module)
        self.broker = asab_mom.MemoryBroker(self, config={"outbox": sys.argv[1], "exchange": ""})

    async def main(self):
        await self.broker.publish("before", "queue")
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
        try:
            await self.broker.publish("x" * 1_000_000, "queue")
        except asab_mom.PublishError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await self.broker.publish("x" * 1_000_000, "queue")
        while self.broker.outbox.waiting:
            await asyncio.sleep(0.01)
        print("after")
        self.stop()

sys.exit(MyApplication(args=[]).run())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of a file's size for a process")
def test_a_disk_that_takes_no_more_fails_publish_and_works_again_when_it_does(outbox: Path) -> None:
    """A message is accepted or not, and the sender knows."""
    command = [sys.executable, "-c", _FULL_DISK, str(outbox)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    error, after = result.stdout.splitlines()
    assert error.startswith(f"{outbox}: ")
    assert after == "after"
