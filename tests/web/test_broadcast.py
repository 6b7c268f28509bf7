"""What `WebSocketFactory` sends to many sockets, and to whom it gives none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMessage, hdrs, web

from asab_web import WebSocketFactory
from tests.support.web import WebApplication, serve


class Board(WebSocketFactory):
    """Greets, and tells the test what happens."""

    def __init__(self, app: WebApplication, **options: object) -> None:
        super().__init__(app, **options)  # type: ignore[arg-type]
        self.closed: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.transports: list[asyncio.Transport] = []

    async def on_connect(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        assert websocket in self.WebSockets
        assert request.transport is not None
        self.transports.append(request.transport)
        await websocket.send_str("welcome")

    async def on_message(self, request: web.Request, websocket: web.WebSocketResponse, message: WSMessage) -> None:
        self.broadcast(message.data, to=[websocket])

    async def on_close(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        self.closed.put_nowait(websocket)


PAGES: list[aiohttp.ClientWebSocketResponse] = []  # which a test leaves open
Test = Callable[[WebApplication, aiohttp.ClientSession, Board], Awaitable[None]]


def run(test: Test, sections: dict[str, dict[str, str]] | None = None, **options: object) -> None:
    boards: list[Board] = []

    def setup(app: WebApplication) -> None:
        boards.append(Board(app, **options))
        app.WebApp.router.add_get("/ws", boards[0])

    async def with_board(app: WebApplication, session: aiohttp.ClientSession) -> None:
        try:
            await test(app, session, boards[0])
        finally:
            while PAGES:
                await PAGES.pop().close()

    assert serve(with_board, setup, sections=sections) == 0


async def connect(session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    websocket = await session.ws_connect("/ws")
    PAGES.append(websocket)
    assert await websocket.receive_str() == "welcome"
    return websocket


def test_messages_of_the_bus_reach_every_socket_in_order() -> None:
    """A page shows what the application says, as it says it."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession, board: Board) -> None:
        board.forward("News!", lambda _message_type, number, text=None: text or (None if number % 2 else f"{number}"))
        pages = [await connect(session) for _ in range(3)]
        for number in range(6):
            app.PubSub.publish("News!", number)
        app.PubSub.publish("News!", 0, text=b"bytes")
        for page in pages:
            assert [await page.receive_str() for _ in range(3)] == ["0", "2", "4"]
            assert await page.receive_bytes() == b"bytes"

    run(scenario)


def test_a_message_can_be_for_some_sockets_only() -> None:
    """Rooms, and answers to one."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, board: Board) -> None:
        one, two = await connect(session), await connect(session)
        await one.send_str("mine")
        assert await one.receive_str() == "mine"
        assert board.broadcast("all") == 2
        assert await two.receive_str() == "all"
        await one.close()
        gone = await board.closed.get()
        assert board.broadcast("late", to=[gone, *board.WebSockets]) == 1
        assert await two.receive_str() == "late"

    run(scenario)


async def deaf(app: WebApplication) -> socket.socket:
    """A client that has opened a WebSocket and reads nothing any more, over a socket with a small buffer."""
    host, _, port = app.url.removeprefix("http://").rpartition(":")
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(peer, (host, int(port)))
    request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    request += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    await loop.sock_sendall(peer, request.encode())
    answer = b""
    while b"welcome" not in answer:
        answer += await loop.sock_recv(peer, 4096)
    return peer


def test_a_slow_client_holds_up_nobody_and_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    """One phone in a tunnel neither stops the others nor fills the memory."""
    size, count = 100_000, 300  # 30 MB: more than the buffers of the system take

    async def scenario(app: WebApplication, session: aiohttp.ClientSession, board: Board) -> None:
        slow = await deaf(app)
        page = await connect(session)
        for number in range(count):
            board.broadcast(bytes([number % 256]) * size)
            assert (await page.receive_bytes())[:1] == bytes([number % 256])
        await board.closed.get()
        assert len(board.WebSockets) == 1
        slow.close()

    run(scenario, compress=False, backlog=20, timeout=0.5)
    [record] = [record for record in caplog.records if "does not keep up" in record.message]
    assert record._struct_data == {"remote": "127.0.0.1", "waiting": 20}  # type: ignore[attr-defined]


def test_a_client_that_wakes_up_learns_that_it_has_been_cut_off() -> None:
    """It connects again after a while, instead of showing what is no longer true."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession, board: Board) -> None:
        slow, page = await deaf(app), await connect(session)
        while board.broadcast(b"x" * 100_000) == 2:
            await page.receive_bytes()
        received, loop = b"", asyncio.get_running_loop()
        while more := await loop.sock_recv(slow, 2**20):
            received = (received + more)[-100:]
        close = WSCloseCode.TRY_AGAIN_LATER.to_bytes(2, "big") + b"too slow"
        assert received.endswith(bytes([0x88, len(close)]) + close)
        await board.closed.get()
        slow.close()

    run(scenario, compress=False, backlog=3)


def test_a_burst_is_no_reason_to_cut_a_client_off() -> None:
    """Who takes what comes gets all of it, however much comes at once."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, board: Board) -> None:
        page = await connect(session)
        for number in range(500):
            assert board.broadcast(str(number)) == 1
        assert [await page.receive_str() for _ in range(500)] == [str(number) for number in range(500)]

    run(scenario, backlog=3)


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        (None, "app.example.com", 101),
        ("http://app.example.com", "app.example.com", 101),
        ("https://app.example.com", "app.example.com", 101),
        ("https://app.example.com", "APP.example.com:443", 101),
        ("https://app.example.com:8443", "app.example.com:8443", 101),
        ("https://friend.example", "app.example.com", 101),
        ("https://evil.example", "app.example.com", 403),
        ("https://app.example.com:8443", "app.example.com", 403),
        ("https://app.example.com.evil.example", "app.example.com", 403),
        ("http://friend.example", "app.example.com", 403),
        ("null", "app.example.com", 403),
        ("", "app.example.com", 403),
        ("https://app.example.com/../evil", "app.example.com", 403),
    ],
)
def test_a_page_of_another_site_gets_no_socket(origin: str | None, host: str, status: int) -> None:
    """It would act with the cookies of its visitor, and read what the visitor may read."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, board: Board) -> None:
        assert await handshake(session, origin, host) == status
        assert status == 101 or not board.WebSockets

    run(scenario, origins=["https://friend.example"])


async def handshake(session: aiohttp.ClientSession, origin: str | None, host: str, **more: str) -> int:
    headers = {hdrs.HOST: host, **more} | ({} if origin is None else {hdrs.ORIGIN: origin})
    try:
        async with session.ws_connect("/ws", headers=headers):
            return 101
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status


def test_behind_a_proxy_the_clients_host_counts() -> None:
    """The page's own host is the proxy's, which is believed where it is configured."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, _board: Board) -> None:
        origin = "https://www.example.com"
        assert await handshake(session, origin, "inner") == 403
        assert await handshake(session, origin, "inner", **{"X-Forwarded-Host": "www.example.com"}) == 101

    run(scenario, {"asab:web": {"listen": "127.0.0.1:0", "trusted_proxies": "127.0.0.1"}})


def test_all_origins_can_be_let_in_and_a_wrong_one_is_an_error() -> None:
    """What is public may be shown anywhere."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession, _board: Board) -> None:
        assert await handshake(session, "https://evil.example", "x") == 101
        with pytest.raises(ValueError, match=r"'app\.example\.com' is no origin"):
            WebSocketFactory(app, origins=["app.example.com"])

    run(scenario, origins=["*"])


def test_more_sockets_than_the_limit_are_refused() -> None:
    """Somebody's loop of connections leaves room for the others."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession, board: Board) -> None:
        one, _two = await connect(session), await connect(session)
        assert await handshake(session, None, "x") == 503
        await one.close()
        await board.closed.get()
        assert await handshake(session, None, "x") == 101

    run(scenario, limit=2)


def test_a_client_that_is_gone_without_a_word_is_noticed_and_its_connection_ends() -> None:
    """A half-open connection would be kept, and written to, for ever."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession, board: Board) -> None:
        silent = await deaf(app)
        [transport] = board.transports
        for _ in range(100):
            board.broadcast(b"x" * 100_000)  # of which something waits to be sent when it is noticed
        websocket = await board.closed.get()
        assert websocket.close_code == WSCloseCode.ABNORMAL_CLOSURE
        assert not board.WebSockets
        assert transport.get_extra_info("socket").fileno() == -1
        silent.close()

    run(scenario, heartbeat=0.2, compress=False, backlog=1000)
