"""The access log: one record a request, by the logger `asab_web.access`, at the level of the option `access_log`.

Everything is in the structured data; `bytes` are those that were sent, with the headers. Only the path is logged, as
it came over the wire (percent-encoded): the query string may hold secrets. Behind configured proxies `remote` is the
client.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from aiohttp.abc import AbstractAccessLogger

from asab_config import ConfigError
from asab_log import get_logger
from asab_log.levels import LEVELS
from asab_web.proxies import REMOTE

if TYPE_CHECKING:
    from aiohttp import web

    from asab_config import ConfigSection

L = get_logger("asab_web.access")

OFF = "no"


class AccessLogger(AbstractAccessLogger):
    """Writes the access log through the logging of the application; aiohttp makes one for a connection.

    Attributes:
        level: The level of the records.
    """

    level: ClassVar[int] = logging.INFO

    @property
    def enabled(self) -> bool:
        """Whether anybody sees the records; aiohttp asks once a connection."""
        return L.isEnabledFor(self.level)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Log a request that has been answered, or whose client went away meanwhile.

        Args:
            request: The request.
            response: Its answer.
            time: How long it took, in seconds.
        """
        L.log(
            self.level,
            "HTTP request",
            struct_data={
                "method": request.method,
                "path": request.rel_url.raw_path,
                "status": response.status,
                "duration_ms": round(time * 1000, 1),
                "remote": request.get(REMOTE) or request.remote or "-",  # a unix socket has no remote address
                "bytes": response.body_length,
            },
        )


def server_options(config: ConfigSection) -> dict[str, Any]:
    """Return what aiohttp's server is told by `access_log`; without a log it does not even look at the clock.

    Raises:
        ConfigError: If the option is no level.
    """
    name = str(config["access_log"]).lower()
    if name == OFF:
        return {"access_log": None}
    level = LEVELS.get(name)
    if level is None:
        raise ConfigError(f"[{config.name}] access_log = {name!r}: expected {', '.join(LEVELS)} or {OFF}")
    return {"access_log": L, "access_log_class": type("AccessLogger", (AccessLogger,), {"level": level})}
