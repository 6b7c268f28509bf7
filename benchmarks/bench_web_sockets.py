"""The memory of 10,000 idle WebSockets, beside bare aiohttp. The clients only shake hands, and hold."""

from __future__ import annotations

import argparse
import resource
import socket
import time

from web_load import Server, running

REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def open_socket(server: Server) -> socket.socket:
    """Return a WebSocket that is open."""
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(REQUEST)
    if b" 101 " not in client.recv(1000):
        raise RuntimeError("the server has opened no WebSocket")
    return client


def bytes_each(server: Server, count: int) -> float:
    """Return the bytes of the server's memory that each of `count` idle sockets takes."""
    before = server.memory()
    clients = [open_socket(server) for _ in range(count)]
    time.sleep(1)  # what the server still does about the last one
    after = server.memory()
    for client in clients:
        client.close()
    return (after - before) / count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    measured: dict[str, float] = {}
    for name in ("aiohttp", "asab-web"):
        with running({name: name}) as servers:
            measured[name] = bytes_each(servers[name], count)
        print(f"{name}: {measured[name]:,.0f} bytes for each of {count:,} idle WebSockets")
    print(f"ratio {measured['asab-web'] / measured['aiohttp']:.2f}")
