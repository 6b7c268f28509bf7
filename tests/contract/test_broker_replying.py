"""Replying: questions and answers over every broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.mom import Inbox, serve

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


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
