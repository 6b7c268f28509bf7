"""What a container does for all of its requests, by its options: proxies, CORS, compression.

They stand around everything that the application adds: its middlewares see the client, not the proxy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asab_web.compression import compress
from asab_web.cors import Cors
from asab_web.proxies import TrustedProxies

if TYPE_CHECKING:
    from aiohttp import web

    from asab_config import ConfigSection

DEFAULTS = {
    "trusted_proxies": "",
    "proxy_headers": "x-forwarded",
    "cors_origins": "",
    "cors_credentials": "no",
    "cors_methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "cors_headers": "Content-Type",
    "cors_expose": "",
    "cors_max_age": "600",
    "compress": "no",
}


def install(webapp: web.Application, config: ConfigSection) -> None:
    """Add the middlewares that the options ask for.

    Raises:
        ConfigError: If an option is wrong.
    """
    proxies = TrustedProxies(config.name, config.getlist("trusted_proxies"), config["proxy_headers"])
    if config.getlist("trusted_proxies"):
        webapp.middlewares.append(proxies.middleware())
    cors = Cors.from_config(config)
    if cors is not None:
        cors.install(webapp)
    if config.getboolean("compress"):
        webapp.middlewares.append(compress)
