"""Clients under whose hands servers are restarted: threads with keep-alive connections that count what becomes of each
request.

They are as strict as a client can be: a request is answered, or the connection was closed in order before a single byte
of an answer came, which on a connection that was used before means that the server has not taken it, and it is sent
again; all else is a failure.
"""

from __future__ import annotations

import collections
import socket
import threading
from typing import TYPE_CHECKING, Self

from tests.support.processes import DEADLINE

if TYPE_CHECKING:
    from types import TracebackType

REQUEST = b"GET /work HTTP/1.1\r\nHost: localhost\r\n"


class Load:
    """Clients of 127.0.0.1:port; a context manager, which begins and ends them.

    Attributes:
        counts: `answered`, `closed` in order and sent again, `refused`.
        failures: What must not happen.
    """

    def __init__(self, port: int, clients: int = 6, *, keep_alive: bool = True, until_refused: bool = False) -> None:
        """Make the clients.

        Args:
            port: The port.
            clients: How many.
            keep_alive: Whether a connection serves for many requests.
            until_refused: Whether a client ends when nobody listens any more.
        """
        self.counts: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        self._port = port
        self._request = REQUEST + (b"\r\n" if keep_alive else b"Connection: close\r\n\r\n")
        self._until_refused = until_refused
        self._changed = threading.Condition()
        self._ending = False
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = not self._until_refused or kind is not None
        for thread in self._threads:
            thread.join(DEADLINE)
        assert not any(thread.is_alive() for thread in self._threads), self.counts

    def wait(self, answers: int) -> None:
        """Return when so many more requests are answered."""
        with self._changed:
            wanted = self.counts["answered"] + answers
            done = self._changed.wait_for(lambda: self.counts["answered"] >= wanted or bool(self.failures), DEADLINE)
        assert done, self.counts
        assert not self.failures

    def _run(self) -> None:
        while not self._ending:
            try:
                connection = socket.create_connection(("127.0.0.1", self._port), timeout=DEADLINE)
            except ConnectionRefusedError:
                self._count("refused")
                if self._until_refused:
                    return
                continue
            except OSError as e:
                self._fail(f"connecting: {e!r}")
                return
            with connection:
                try:
                    self._use(connection)
                except Exception as e:
                    self._fail(repr(e))

    def _use(self, connection: socket.socket) -> None:
        used = False
        while not self._ending:
            connection.sendall(self._request)
            answer = b""
            while not answer.endswith(b"\r\n\r\ndone"):
                received = connection.recv(65536)
                if not received:
                    if answer or not used:
                        raise AssertionError(f"cut off after {answer!r}; used before: {used}")
                    self._count("closed")
                    return
                answer += received
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            used = True
            self._count("answered")
            if b"\r\nConnection: close\r\n" in answer:
                return

    def _count(self, what: str) -> None:
        with self._changed:
            self.counts[what] += 1
            self._changed.notify_all()

    def _fail(self, why: str) -> None:
        with self._changed:
            self.failures.append(why)
            self._changed.notify_all()
