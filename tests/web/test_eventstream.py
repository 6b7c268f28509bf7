"""Server-sent events by `EventStreamFactory`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from asab_web import EventStreamFactory
from asab_web.eventstream import EventStream, encode
from tests.support.web import WebApplication, serve


class News(EventStreamFactory):
    """Tells the test who is connected."""

    def __init__(self, app: WebApplication, **options: object) -> None:
        super().__init__(app, **options)  # type: ignore[arg-type]
        self.connected: asyncio.Queue[EventStream] = asyncio.Queue()
        self.closed: asyncio.Queue[EventStream] = asyncio.Queue()

    async def on_request(self, request: web.Request) -> None:
        if "banned" in request.query:
            raise web.HTTPForbidden

    async def on_connect(self, request: web.Request, stream: EventStream) -> None:
        assert stream in self.Streams
        self.connected.put_nowait(stream)

    async def on_close(self, request: web.Request, stream: EventStream) -> None:
        assert stream not in self.Streams
        self.closed.put_nowait(stream)


Test = Callable[[WebApplication, aiohttp.ClientSession, News], Awaitable[None]]


def run(test: Test, **options: object) -> None:
    news: list[News] = []

    def setup(app: WebApplication) -> None:
        news.append(News(app, **options))
        app.WebApp.router.add_get("/events", news[0])

    async def with_news(app: WebApplication, session: aiohttp.ClientSession) -> None:
        await test(app, session, news[0])

    assert serve(with_news, setup) == 0
    assert not news[0].Streams


class Reader:
    """A client, which reads events as a browser does (the HTML standard, section 9.2.6)."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = ""
        self.comments = 0

    async def event(self) -> tuple[str, str] | None:
        """The next event, its type and its text; `None` at the end of the stream."""
        event, data = "message", None
        while line := (await self.response.content.readline()).decode():
            field, _, value = line.rstrip("\n").partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data = value if data is None else f"{data}\n{value}"
            elif field == "event":
                event = value
            elif field == "id":
                self.last_id = value
            elif line == "\n" and data is not None:
                return event, data
            elif line == ":\n":
                self.comments += 1
        return None


def open_stream(session: aiohttp.ClientSession, last_id: str | None = None):  # type: ignore[no-untyped-def]
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    return session.get("/events", headers=headers)


def test_messages_of_the_bus_reach_every_stream() -> None:
    """A page shows what the application says, with what every browser has built in."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession, news: News) -> None:
        news.forward("News!", lambda _message_type, text: text, event="news")
        async with open_stream(session) as one, open_stream(session) as two:
            assert one.content_type == "text/event-stream"
            assert one.headers["Cache-Control"] == "no-cache"
            await news.connected.get()
            second = await news.connected.get()
            app.PubSub.publish("News!", "first\r\nsecond\rthird\n")
            app.PubSub.publish("News!", None)
            assert second.send("for you", "private")
            assert news.broadcast("to all") == 2
            for response, private in ((one, []), (two, [("private", "for you")])):
                reader = Reader(response)
                expected = [("news", "first\nsecond\nthird\n"), *private, ("message", "to all")]
                assert [await reader.event() for _ in expected] == expected

    run(scenario)


def test_what_a_client_has_missed_is_sent_when_it_comes_back() -> None:
    """A train leaves the tunnel, and the page is as if nothing had been."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, news: News) -> None:
        async with open_stream(session) as response:
            await news.connected.get()
            news.broadcast("1")
            reader = Reader(response)
            assert await reader.event() == ("message", "1")
        last_id = reader.last_id
        for number in "23456":
            news.broadcast(number)

        async def missed(last_id: str | None) -> str:
            async with open_stream(session, last_id) as response:
                (await news.connected.get()).send("now")
                reader, texts = Reader(response), ""
                while (event := await reader.event()) != ("message", "now"):
                    assert event is not None
                    texts += event[1]
            return texts

        assert await missed(last_id) == "3456"  # of which four are kept
        assert await missed(reader.last_id[:-1] + "5") == "6"
        assert await missed(None) == await missed("") == ""
        for of_another_process in ("00000000-5", "nonsense", "-1", last_id[:-1] + "²", "9" * 5000):
            assert await missed(of_another_process) == "3456"

    run(scenario, history=4)


def test_a_slow_client_holds_up_nobody_and_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    """One phone in a tunnel neither stops the others nor fills the memory."""
    text = "x" * 100_000

    async def scenario(app: WebApplication, session: aiohttp.ClientSession, news: News) -> None:
        host, _, port = app.url.removeprefix("http://").rpartition(":")
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, (host, int(port)))
        await loop.sock_sendall(slow, b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        await news.connected.get()
        async with session.get("/events", read_bufsize=2**20) as response:
            reader = Reader(response)
            await news.connected.get()
            while len(news.Streams) == 2:
                news.broadcast(text)
                assert await reader.event() == ("message", text)
        slow.close()

    run(scenario, backlog=20, history=1)
    [record] = [record for record in caplog.records if "does not keep up" in record.message]
    assert record._struct_data["waiting"] == 20  # type: ignore[attr-defined]


def test_a_burst_is_no_reason_to_cut_a_client_off() -> None:
    """Who takes what comes gets all of it, however much comes at once."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, news: News) -> None:
        async with open_stream(session) as response:
            await news.connected.get()
            for number in range(500):
                assert news.broadcast(str(number)) == 1
            reader = Reader(response)
            assert [await reader.event() for _ in range(500)] == [("message", str(number)) for number in range(500)]

    run(scenario, backlog=3)


def test_a_silent_stream_carries_comments() -> None:
    """Proxies close connections on which nothing is said."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, news: News) -> None:
        async with open_stream(session) as response:
            await news.connected.get()
            assert await response.content.readline() == b":\n"
            assert await response.content.readline() == b"\n"
            news.broadcast("still there")
            assert await Reader(response).event() == ("message", "still there")

    run(scenario, keep_alive=0.05)


def test_a_client_that_is_gone_is_forgotten() -> None:
    """Pages are closed at any moment."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, news: News) -> None:
        async with open_stream(session):
            stream = await news.connected.get()
        assert await news.closed.get() is stream  # the next comments find out
        assert not stream.send("nobody hears this")
        assert news.broadcast("nobody hears this") == 0

    run(scenario, keep_alive=0.05)


def test_requests_can_be_refused() -> None:
    """Who may not read gets an answer that says so; too many are told to wait; HEAD gets the head alone."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, news: News) -> None:
        async with session.get("/events?banned") as response:
            assert response.status == 403
        async with session.head("/events") as response:
            assert (response.status, response.content_type) == (200, "text/event-stream")
        async with open_stream(session):
            await news.connected.get()
            async with open_stream(session) as response:
                assert response.status == 503

    run(scenario, limit=1, keep_alive=0.05)


@given(st.text(), st.none() | st.text())
def test_a_text_is_one_event_whatever_it_holds(data: str, event: str | None) -> None:
    """Nobody forges an event by a line break in a text."""
    if event is not None and set(event) & {"\r", "\n"}:
        with pytest.raises(ValueError, match="an event's type is one line"):
            encode(data, event)
        return
    lines = encode(data, event, "id-1").decode().split("\n")
    assert lines[-2:] == ["", ""]
    fields = [line.partition(": ") for line in lines[:-2]]
    assert [name for name, _, _ in fields].count("id") == 1
    assert [value for name, _, value in fields if name == "event"] == ([] if event is None else [event])
    sent = "\n".join(value for name, _, value in fields if name == "data")
    assert sent == data.replace("\r\n", "\n").replace("\r", "\n")
