"""WebSockets by `WebSocketFactory`."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from asab_web import WebSocketFactory
from tests.support.web import WebApplication, client, serve


class Chat(WebSocketFactory):
    """Everybody hears what one says."""

    def __init__(self, app: WebApplication) -> None:
        super().__init__(app, protocols=["chat"])
        self.closed = asyncio.Event()

    async def on_request(self, request: web.Request) -> web.WebSocketResponse:
        if "banned" in request.query:
            raise web.HTTPForbidden
        return await super().on_request(request)

    async def on_message(self, request: web.Request, websocket: web.WebSocketResponse, message: WSMessage) -> None:
        if message.data == "fail":
            raise RuntimeError("broken")
        await self.send_parallely([other.send_str(message.data) for other in self.WebSockets])

    async def on_close(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        assert websocket not in self.WebSockets
        self.closed.set()


def run(scenario: object) -> None:
    chats: list[Chat] = []

    def setup(app: WebApplication) -> None:
        chats.append(Chat(app))
        app.WebApp.router.add_get("/chat", chats[0])

    async def with_chat(app: WebApplication, session: aiohttp.ClientSession) -> None:
        await scenario(app, session, chats[0])  # type: ignore[operator]

    assert serve(with_chat, setup) == 0
    assert chats[0].WebSockets == set()


def test_every_open_socket_can_be_reached() -> None:
    """A page hears of what happens to others; the subprotocol is agreed on."""

    async def scenario(app: WebApplication, one: aiohttp.ClientSession, chat: Chat) -> None:
        async with one.ws_connect("/chat", protocols=["chat"]) as first, client(app.url) as two:
            assert first.protocol == "chat"
            async with two.ws_connect("/chat") as second:
                await second.send_str("Hello!")
                assert await first.receive_str() == await second.receive_str() == "Hello!"
                assert len(chat.WebSockets) == 2
            await chat.closed.wait()
            assert len(chat.WebSockets) == 1
            await first.send_str("alone")
            assert await first.receive_str() == "alone"

    run(scenario)


def test_a_request_can_be_refused() -> None:
    """Who may not connect gets an answer that says so."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, chat: Chat) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await session.ws_connect("/chat?banned")
        assert error.value.status == 403
        async with session.get("/chat") as response:  # no WebSocket request at all
            assert response.status == 400
        assert not chat.WebSockets

    run(scenario)


def test_a_hook_that_fails_closes_its_socket_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """One strange message does not cut everybody off, and the page is told that it was the server."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, chat: Chat) -> None:
        async with session.ws_connect("/chat") as good, session.ws_connect("/chat") as bad:
            await bad.send_str("fail")
            message = await bad.receive()
            assert (message.type, message.data) == (WSMsgType.CLOSE, WSCloseCode.INTERNAL_ERROR)
            await good.send_str("still here")
            assert await good.receive_str() == "still here"

    run(scenario)
    assert [record.message for record in caplog.records if record.exc_info] == ["A WebSocket handler failed"]


def test_sending_to_a_socket_that_has_just_closed_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Pages are closed at any moment; a broadcast goes on."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, chat: Chat) -> None:
        async with session.ws_connect("/chat") as websocket:
            await websocket.send_str("x")
            await websocket.receive_str()
            [ours] = chat.WebSockets
        await chat.closed.wait()
        await chat.send_parallely([ours.send_str("late")])

    run(scenario)
    assert not [record for record in caplog.records if record.exc_info]
