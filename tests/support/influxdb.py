"""A server of InfluxDB, as far as writing goes; and a parser of the line protocol, character by character.

The parser follows the reference of InfluxDB 2, "Line protocol": a backslash takes the next character's special meaning
away, in a measurement of `,` and space, in keys and tag values of `=`, too. Before any other character it stands for
itself to version 1, and not always to version 2: nothing sound has one there.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Parsed:
    """A line, taken apart."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float]
    time: int


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def until(self, stops: str, escapable: str) -> str:
        """Return what comes before the next bare character of `stops`, unescaped."""
        found = []
        while self.at < len(self.text) and self.text[self.at] not in stops:
            character = self.text[self.at]
            following = self.text[self.at + 1 : self.at + 2]
            if character == "\\":
                assert following in tuple(escapable), f"a lone backslash in {self.text!r}"
                character = following
                self.at += 1
            assert ord(character) >= 32, f"a control character in {self.text!r}"
            found.append(character)
            self.at += 1
        return "".join(found)

    def take(self, character: str) -> bool:
        if self.text[self.at : self.at + 1] != character:
            return False
        self.at += 1
        return True

    def pairs(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            key = self.until("=, ", ",= ")
            assert key, f"no key at {self.at} in {self.text!r}"
            assert key not in {"time", "_field", "_measurement"}, f"a reserved key in {self.text!r}"
            assert key not in found, f"{key!r} is there twice in {self.text!r}"
            assert self.take("="), f"no = at {self.at} in {self.text!r}"
            found[key] = self.until("=, ", ",= ")
            assert found[key], f"no value of {key!r} in {self.text!r}"
            if not self.take(","):
                return found


def parse(text: str) -> Parsed:
    """Take a line apart, or fail as the server would."""
    assert not text.startswith("#"), "a comment"
    reader = _Reader(text)
    measurement = reader.until(", ", ", ")
    assert measurement, f"no measurement in {text!r}"
    tags = reader.pairs() if reader.take(",") else {}
    assert reader.take(" "), f"no fields in {text!r}"
    fields = {key: float(value) for key, value in reader.pairs().items()}
    assert reader.take(" "), f"no time in {text!r}"
    return Parsed(measurement, tags, fields, int(text[reader.at :]))


@dataclass
class InfluxDB:
    """What a server was told. `answers` are the statuses of the next requests; 204 when there are none left."""

    url: str = ""
    requests: list[web.BaseRequest] = field(default_factory=list)
    lines: list[Parsed] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, request: web.BaseRequest) -> web.Response:
        self.requests.append(request)
        self.asked.set()
        if self.hold is not None:
            await self.hold.wait()
        status = self.answers.pop(0) if self.answers else 204
        body = (await request.read()).decode()
        if status == 204:
            self.lines += map(parse, body.split("\n"))
            self.written.set()
        return web.Response(status=status)

    def fields(self, measurement: str) -> list[dict[str, float]]:
        return [line.fields for line in self.lines if line.measurement == measurement]


@asynccontextmanager
async def influxdb(port: int = 0) -> AsyncIterator[InfluxDB]:
    """Run a server on loopback."""
    server = InfluxDB()
    runner = web.ServerRunner(web.Server(server.write), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, number = runner.addresses[0][:2]
    server.url = f"http://{host}:{number}"
    try:
        yield server
    finally:
        await runner.cleanup()


def basic(user: str, password: str) -> str:
    """The header `Authorization` of a login."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
