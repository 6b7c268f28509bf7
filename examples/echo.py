#!/usr/bin/env python3
"""A server of a protocol of its own: it answers each line in capitals.

python3 examples/echo.py
nc localhost 8888
"""

import asyncio
from typing import cast

import asab
import asab.log

L = asab.log.get_logger(__name__)

asab.Config.add_defaults({"echo": {"listen": "127.0.0.1:8888"}})


class EchoProtocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.transport.write(line.upper() + b"\n")
        if len(self.rest) > 1024:  # nobody may fill the memory
            self.transport.close()


class EchoService(asab.StreamSocketServerService):
    async def initialize(self, app: asab.Application) -> None:
        """Listen, on an address a line; at the stop the connections are closed."""
        for socket in await self.create_server(app, EchoProtocol, asab.Config["echo"]["listen"]):
            L.log(asab.LOG_NOTICE, "Listening", struct_data={"address": "{}:{}".format(*socket.getsockname()[:2])})


class MyApplication(asab.Application):
    Description = "Answers lines in capitals."

    async def initialize(self) -> None:
        EchoService(self, "EchoService")


if __name__ == "__main__":
    app = MyApplication()
    app.run()
