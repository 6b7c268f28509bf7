"""Calls: a question, and its answer or an error, over every broker."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from asab_mom import CallError, CallFailedError, CallTimeoutError, UnroutableError
from tests.support.cleaning_up import cleaning_up
from tests.support.mom import Inbox, within

if TYPE_CHECKING:
    from asab_mom import Broker, Properties
    from tests.support.broker_bench import Bench


async def double(properties: Properties, body: bytes) -> bytes:
    return body * 2


async def fail(properties: Properties, body: bytes) -> bytes:
    raise LookupError("s3cret")


class Slow:
    """A handler that answers when it is told to."""

    def __init__(self) -> None:
        self.asked = Inbox()
        self.release = asyncio.Event()

    async def __call__(self, properties: Properties, body: bytes) -> bytes:
        await self.asked(properties, body)
        await self.release.wait()
        return b"late"


async def until_late(broker: Broker, target: str, count: int) -> None:
    """Ask until so many late replies have come; each question brings the news in."""
    async with asyncio.timeout(30):
        while broker.Counts["late_replies"] < count:
            await broker.call(target, "x")


def test_a_call_returns_what_the_handler_returns(bench: Bench) -> None:
    """A question and an answer in one line of a program."""

    async def scenario(broker: Broker) -> None:
        assert await broker.call(bench.target("double"), "ab", timeout=30) == b"abab"
        assert await broker.call(bench.target("double"), b"", timeout=30) == b""

    bench.run(scenario, double=double)


def test_many_calls_are_in_flight_and_each_has_its_own_answer(bench: Bench) -> None:
    """A web server asks for every one of its visitors at once."""

    async def scenario(broker: Broker) -> None:
        calls = (broker.call(bench.target("double"), str(i), timeout=60) for i in range(500))
        assert await within(asyncio.gather(*calls)) == [str(i).encode() * 2 for i in range(500)]

    bench.run(scenario, config={"prefetch_count": 50}, double=double)


def test_a_call_ends_with_its_timeout_and_the_late_reply_is_discarded_and_counted(bench: Bench) -> None:
    """An answer to a question of yesterday is nobody's."""
    slow = Slow()

    async def scenario(broker: Broker) -> None:
        with pytest.raises(CallTimeoutError, match=r"no reply from target '.*slow' within 0.3 s") as caught:
            await broker.call(bench.target("slow"), "", timeout=0.3)
        assert isinstance(caught.value, TimeoutError)
        slow.release.set()
        if not slow.asked.empty:  # it was in time to be asked
            await until_late(broker, bench.target("double"), 1)

    bench.run(scenario, slow=slow, double=double)


def test_a_cancelled_task_that_cleans_up_can_call_within_a_time(bench: Bench) -> None:
    """Whoever is told to stop tells the others, and goes on stopping if they do not answer."""
    slow = Slow()

    async def scenario(broker: Broker) -> None:
        with pytest.raises(CallTimeoutError):
            await cleaning_up(lambda: broker.call(bench.target("slow"), "", timeout=0.3))
        slow.release.set()

    bench.run(scenario, slow=slow)


def test_a_call_that_is_cancelled_leaves_nothing_behind(bench: Bench) -> None:
    """Who asked may be gone before the answer."""
    slow = Slow()

    async def scenario(broker: Broker) -> None:
        call = asyncio.ensure_future(broker.call(bench.target("slow"), "", timeout=30))
        await slow.asked.next()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(call)
        slow.release.set()
        await until_late(broker, bench.target("double"), 1)

    bench.run(scenario, slow=slow, double=double)


def test_a_line_that_breaks_fails_the_calls_at_once_and_the_next_call_works(bench: Bench) -> None:
    """Nobody waits for an answer that cannot be told from none; what to do is for the caller to decide."""
    slow = Slow()

    async def scenario(broker: Broker) -> None:
        await broker.call(bench.target("double"), "")  # it is subscribed then
        async with bench.fragile(broker.App) as (asker, break_line):
            calls = [asyncio.ensure_future(asker.call(bench.target("slow"), "", timeout=3600)) for _ in range(3)]
            for _ in calls:
                await slow.asked.next()
            await break_line()
            results = await within(asyncio.gather(*calls, return_exceptions=True))
            assert [type(result) for result in results] == [CallError] * 3
            assert "the line broke before the answer came" in str(results[0])
            assert await asker.call(bench.target("double"), "a", timeout=30) == b"aa"
            slow.release.set()
            await until_late(asker, bench.target("double"), 3)
            await within(asker.finalize(broker.App))

    bench.run(scenario, slow=slow, double=double)


def test_a_handler_that_fails_is_told_to_the_caller_by_name_alone(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller need not wait for the timeout; what an exception says belongs in the log of the one who raised it."""

    async def scenario(broker: Broker) -> None:
        with pytest.raises(CallFailedError, match="the message was not handled: LookupError") as caught:
            await broker.call(bench.target("fail"), "", timeout=3600)
        assert caught.value.reason == "LookupError"
        assert "s3cret" not in str(caught.value)

    bench.run(scenario, fail=fail)
    assert "LookupError: s3cret" in caplog.text


def test_a_handler_that_fails_at_first_answers_in_the_end(bench: Bench) -> None:
    """A failure is told when it is final."""
    failures = iter([LookupError(), LookupError()])

    async def handler(properties: Properties, body: bytes) -> bytes:
        for error in failures:
            raise error
        return body

    async def scenario(broker: Broker) -> None:
        assert await broker.call(bench.target("one"), "in the end", timeout=60) == b"in the end"

    bench.run(scenario, config={"retry_limit": 2, "retry_delay": 0.01}, one=handler)


def test_a_target_without_a_handler_is_told_where_all_targets_should_have_one(bench: Bench) -> None:
    """Where unknown targets are discarded another application may have the answer; where they are not, nobody has."""

    async def scenario(broker: Broker) -> None:
        with pytest.raises(CallFailedError, match="no handler"):
            await broker.call(bench.target("unknown"), "", timeout=3600)

    bench.run(scenario, config={"on_unknown_target": "reject"})


def test_a_target_that_no_queue_has_is_an_error_at_once(bench: Bench) -> None:
    """A service that is not there is not waited for."""

    async def scenario(broker: Broker) -> None:
        with pytest.raises(UnroutableError, match="no queue has the message"):
            await broker.call(f"nobody-{bench.name}", "", timeout=3600)

    bench.run(scenario)


def test_a_reply_with_an_id_that_was_not_given_out_is_discarded(bench: Bench) -> None:
    """Nobody answers in the name of another by guessing."""
    ids: list[str] = []

    async def handler(properties: Properties, body: bytes) -> bytes:
        assert properties.reply_to
        assert properties.correlation_id
        ids.append(properties.correlation_id)
        for forged in (None, "", "1", properties.correlation_id[:-1]):
            await brokers[0].publish("forged", properties.reply_to, forged, exchange="")
        return b"true"

    brokers: list[Broker] = []

    async def scenario(broker: Broker) -> None:
        brokers.append(broker)
        for _ in range(2):
            assert await broker.call(bench.target("one"), "", timeout=30) == b"true"
        assert broker.Counts["late_replies"] == 8
        assert len(set(ids)) == 2
        assert all(len(i) == 32 for i in ids)

    bench.run(scenario, one=handler)


def test_a_handler_gets_its_answer_also_when_the_application_stops(bench: Bench) -> None:
    """Work that has begun is finished, whatever it needs for that."""
    answers, started, stopping = Inbox(), asyncio.Event(), asyncio.Event()

    async def ask(properties: Properties, body: bytes) -> None:
        await answers(properties, await brokers[0].call(bench.target("slow"), "", timeout=30))

    async def slow(properties: Properties, body: bytes) -> bytes:
        started.set()
        await stopping.wait()
        return b"in time"

    async def stop(message_type: str) -> None:
        stopping.set()

    brokers: list[Broker] = []

    async def scenario(broker: Broker) -> None:
        brokers.append(broker)
        broker.App.PubSub.subscribe("Application.exit!", stop)
        await broker.publish("", bench.target("ask"))
        await within(started.wait())
        assert answers.empty

    bench.run(scenario, ask=ask, slow=slow)
    assert not answers.empty


def test_the_end_of_the_broker_ends_its_calls(bench: Bench) -> None:
    """No shutdown waits for an answer."""
    slow = Slow()

    async def scenario(broker: Broker) -> None:
        await broker.call(bench.target("double"), "")  # it is subscribed then
        other = bench.broker(broker.App)
        call = asyncio.ensure_future(other.call(bench.target("slow"), "", timeout=3600))
        await slow.asked.next()
        await within(other.finalize(broker.App))
        with pytest.raises(CallError, match="the broker was closed before the answer came"):
            await within(call)
        with pytest.raises(CallError, match="the broker is closed"):
            await within(other.call(bench.target("slow"), ""))
        slow.release.set()

    bench.run(scenario, slow=slow, double=double)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"timeout": 0}, ValueError, "timeout = 0: must be more than 0 s and at most 86400 s"),
        ({"timeout": float("nan")}, ValueError, "timeout = nan"),
        ({"body": 42}, TypeError, "a body must be a str or bytes, not 42"),
        ({"headers": {"set": {1}}}, TypeError, "cannot travel"),
    ],
)
def test_a_call_that_cannot_be_sent_is_refused_at_once(
    bench: Bench, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    """A mistake of the program is not a matter of waiting."""

    async def scenario(broker: Broker) -> None:
        with pytest.raises(error, match=text):
            await within(broker.call(**{"target": bench.target("double"), **arguments}))

    bench.run(scenario, double=double)
