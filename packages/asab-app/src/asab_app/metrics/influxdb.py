"""`InfluxDBTarget`: sends points to a server of InfluxDB, version 1 or 2, over HTTP.

The rules:

1. The event loop never waits: a thread of the application's executor sends, one request at a time.
2. What could not be sent waits for the next flush, `queue` points at most; then the oldest are dropped, and counted.
3. What the server refuses for good is dropped; sent again it would be refused again.
4. A trouble is said when it begins and when it ends.

The client is that of the standard library, in a thread: this layer has no HTTP library, one request in ten seconds
needs no better one, and nothing of it is imported by an application without this target.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from asab_app.metrics._line_protocol import line
from asab_app.metrics.target import Point, Target
from asab_config import ConfigObject
from asab_log import LOG_NOTICE, get_logger
from asab_utils.time_limit import time_limit

if TYPE_CHECKING:
    from asab_app.application import Application
    from asab_config import ConfigSection

L = get_logger(__name__)

BATCH: Final = 5000
"""Lines of a request, as InfluxDB recommends."""

_CLOSE: Final = 2.0
"""What the last points have at the end of the application, in seconds."""


class InfluxDBTarget(Target, ConfigObject):
    """A target of the metrics, `[asab:metrics] target = influxdb`."""

    name: str = "influxdb"
    ConfigDefaults: ClassVar[Mapping[str, Any]] = {
        "url": "http://localhost:8086/",
        "db": "",
        "username": "",
        "password": "",
        "bucket": "",
        "org": "",
        "token": "",
        "timeout": "5s",
        "queue": "100000",
    }

    def __init__(
        self,
        app: Application,
        config_section_name: str = "asab:metrics:influxdb",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Make it; the server need not be there.

        Args:
            app: The application.
            config_section_name: The section with `url`, and with `db` (and `username`, `password`) for version 1 or
                `bucket`, `org` and `token` for version 2; `timeout` of a request; `queue`, the points that may wait.
            config: Values that win over the section.

        Raises:
            ConfigError: If the options are wrong, or of both versions.
        """
        Target.__init__(self)
        ConfigObject.__init__(self, config_section_name, config)
        self._app = app
        self._address: SplitResult = urlsplit(self.Config.geturl("url", scheme=("http", "https")))
        self._path, self._headers = _request(self.Config, self._address.path)
        self._timeout = self.Config.getseconds("timeout")
        self._waiting: deque[str] = deque()
        self._on_the_way = 0
        self._limit = self.Config.getint("queue")
        if self._limit < 1:
            raise self.Config.mistake("queue", "expected 1 point or more")
        self._sending: asyncio.Task[None] | None = None
        self._trouble: str | None = None

    @property
    def queued(self) -> int:
        """How many points wait, those on their way included."""
        return len(self._waiting) + self._on_the_way

    def take(self, points: Sequence[Point]) -> None:
        """Have the points sent, those that wait from before first."""
        self._waiting.extend(text for text in map(line, points) if text is not None)
        while len(self._waiting) > self._limit:
            self._waiting.popleft()
            self.count(dropped=1)
        if self._waiting and (self._sending is None or self._sending.done()):
            self._sending = self._app.Loop.create_task(self._send(), name="metrics to InfluxDB")

    async def close(self) -> None:
        """Give what waits two seconds; the rest is dropped."""
        if self._sending is not None and not self._sending.done():
            await asyncio.wait([self._sending], timeout=_CLOSE)
            self._sending.cancel()
            await asyncio.wait([self._sending])
        self.count(dropped=len(self._waiting))
        self._waiting.clear()

    async def _send(self) -> None:
        """Send all that waits; what fails waits on, in its place, as far as there is room."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self._on_the_way = len(batch)
            try:
                await self._post("\n".join(batch).encode())
            except _RefusedError as e:
                self.count(dropped=len(batch))
                self._say(str(e))
            except (OSError, http.client.HTTPException, ValueError) as e:  # the last by a host name that is none
                self._put_back(batch)
                self._say(str(e) or type(e).__name__)
                return
            except asyncio.CancelledError:
                self._put_back(batch)
                raise
            else:
                self.count(sent=len(batch))
                self._say(None)
            finally:
                self._on_the_way = 0

    def _put_back(self, batch: list[str]) -> None:
        room = min(self._limit - len(self._waiting), len(batch))
        self._waiting.extendleft(reversed(batch[len(batch) - room :]))
        self.count(dropped=len(batch) - room)

    async def _post(self, body: bytes) -> None:
        """Send one request.

        Raises:
            OSError, HTTPException: If it fails, and may succeed later.
            _RefusedError: If the server does not want it.
        """
        is_safe = self._address.scheme == "https"
        connect = http.client.HTTPSConnection if is_safe else http.client.HTTPConnection
        # Without a port it would look for one in the host, and find it in an IPv6 address.
        port = self._address.port or (443 if is_safe else 80)
        connection = connect(self._address.hostname or "", port, timeout=self._timeout)
        call = self._app.Loop.run_in_executor(None, self._exchange, connection, body)
        try:
            # The connection's own time-out is that of a single read; a server may send a byte at a time.
            async with time_limit(2 * self._timeout):
                await call
        except BaseException:
            _cut(connection)
            raise

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes) -> None:
        with contextlib.closing(connection):
            connection.request("POST", self._path, body, self._headers)
            answer = connection.getresponse()
            text = answer.read(1000).decode("utf-8", "replace").strip()
            if answer.status // 100 == 2:
                return
            said = f"{answer.status} {answer.reason} {text}".strip()
            if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS or answer.status >= 500:
                raise OSError(said)
            raise _RefusedError(said)

    def _say(self, trouble: str | None) -> None:
        """Say what is wrong when it begins, and when it is over."""
        before, self._trouble = self._trouble, trouble
        if (before is None) == (trouble is None):
            return
        url = f"{self._address.scheme}://{self._address.hostname}:{self._address.port or ''}".rstrip(":")
        if trouble is not None:
            L.warning("InfluxDB does not take the metrics", struct_data={"url": url, "reason": trouble})
        else:
            L.log(LOG_NOTICE, "InfluxDB takes the metrics again", struct_data={"url": url, "dropped": self.dropped})


class _RefusedError(Exception):
    """The server has answered that it will not take this, now or later."""


def _request(config: ConfigSection, base: str) -> tuple[str, dict[str, str]]:
    """Return the path of the requests and their headers."""
    if bool(config["db"]) == bool(config["bucket"]):
        raise config.mistake("db", "expected db (InfluxDB 1) or bucket, org and token (InfluxDB 2), and not both")
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    base = base.rstrip("/")
    if config["db"]:
        if config["username"]:
            login = f"{config['username']}:{config['password']}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
        return f"{base}/write?{urlencode({'db': config['db'], 'precision': 'ns'})}", headers
    for option in ("org", "token"):
        if not config[option]:
            raise config.mistake(option, "expected a value, for there is a bucket")
    token = str(config["token"])
    if not token.isascii() or not token.isprintable():
        raise config.mistake("token", "expected printable ASCII characters", secret=True)
    headers["Authorization"] = f"Token {token}"
    query = urlencode({"bucket": config["bucket"], "org": config["org"], "precision": "ns"})
    return f"{base}/api/v2/write?{query}", headers


def _cut(connection: http.client.HTTPConnection) -> None:
    """Wake the thread that waits for the peer."""
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
