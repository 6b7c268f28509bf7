"""The chapter "Publish-Subscribe"."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start

if TYPE_CHECKING:
    from pathlib import Path

# Quicker than the documented second, so that nobody waits for a tick.
QUICK = "[general]\ntick_period=0.1\n"
SUBSCRIBING = """
    import asyncio
    import asab

    <example>

    class MyApplication(asab.Application):
        async def initialize(self):
            self.my_object = MyClass(self)

    MyApplication().run()
    """
PUBLISHING = """
    import asab

    <example>

    class MyApplication(asab.Application):
        async def main(self):
            self.PubSub.subscribe("mymessage!", self.on_message)
            my_function(self)
            print("published")

        def on_message(self, message_type):
            print(message_type)
            self.stop()

    MyApplication().run()
    """


@pytest.mark.parametrize(
    "path",
    [
        "publish_subscribe/subscribe.py",
        # Its coroutine sleeps for the five seconds that the page prints.
        pytest.param("publish_subscribe/subscribe_async.py", marks=pytest.mark.slow),
    ],
)
def test_a_subscriber_prints_the_ticks(tmp_path: Path, path: str) -> None:
    """Functions and coroutines both get the application's ticks; one that still waits does not hold up the end."""
    with start(tmp_path, fill(SUBSCRIBING, example=example(path).text()), conf=QUICK) as process:
        process.wait_for("^Application.tick!$")
        process.send(signal.SIGTERM)
        done = finish(process)
    assert set(done.stdout.splitlines()) == {"Application.tick!"}


def test_subscribe_all_subscribes_every_decorated_method(tmp_path: Path) -> None:
    """One call serves a whole object: the tick and the exit both arrive."""
    source = fill(SUBSCRIBING, example=example("publish_subscribe/subscribe_all.py").text())
    with start(tmp_path, source, conf=QUICK) as process:
        process.wait_for("^Application.tick!$")
        process.send(signal.SIGTERM)
        done = finish(process)
    assert done.stdout.splitlines()[-1] == "Application.exit!"


def test_a_subscriber_object_gives_its_messages_in_order(tmp_path: Path) -> None:
    """Each message is a tuple of type, positional and keyword arguments; the stop message carries its counter."""
    scaffold = """
        import asab

        class MyApplication(asab.Application):
            async def main(self):
                app = self
                <subscriber>
                <message>
                print(message)
                self.PubSub.publish("Application.stop!", 7, reason="nothing to do")
                while message[0] != "Application.stop!":
                    <message>
                print(message)
                self.stop()

        MyApplication().run()
        """
    source = fill(
        scaffold,
        subscriber=example("publish_subscribe/subscriber.py").text(),
        message=example("publish_subscribe/subscriber_message.py").text(),
    )
    done = finish(start(tmp_path, source, conf=QUICK))
    assert done.stdout.splitlines() == [
        "('Application.tick!', (), {})",
        "('Application.stop!', (7,), {'reason': 'nothing to do'})",
    ]


def test_publish_returns_after_the_delivery(tmp_path: Path) -> None:
    """Who publishes may rely on what its subscribers have done."""
    done = finish(start(tmp_path, fill(PUBLISHING, example=example("publish_subscribe/publish.py").text())))
    assert done.stdout.splitlines() == ["mymessage!", "published"]


def test_an_asynchronous_publish_returns_before_the_delivery(tmp_path: Path) -> None:
    """The delivery happens when control returns to the event loop."""
    path = "publish_subscribe/publish_asynchronously.py"
    done = finish(start(tmp_path, fill(PUBLISHING, example=example(path).text())))
    assert done.stdout.splitlines() == ["published", "mymessage!"]
