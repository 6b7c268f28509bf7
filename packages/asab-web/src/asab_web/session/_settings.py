"""What a section says about the storage of sessions: which one it is, and its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asab_config import Config
from asab_web.session.memory import InMemorySessionStorage

if TYPE_CHECKING:
    import asab_app
    from asab_config.object import ConfigSection
    from asab_web.session.session import Session
    from asab_web.session.storage import SessionStorage

DEFAULTS: Final = {
    "storage": "memory",
    "max_age": "12h",
    "idle": "1h",
    "max_size": "64K",
    "memory": "64M",
    "redis_url": "redis://localhost:6379/0",
    "redis_prefix": "asab-session:",
    "redis_timeout": "2s",
    "cookie_secrets": "",
    "cookie_name": "asab-session",
    "cookie_domain": "",
    "cookie_path": "/",
    "cookie_secure": "auto",
    "cookie_httponly": "yes",
    "cookie_samesite": "Lax",
    "cookie_max_age": "",
}


def make_storage(app: asab_app.Application, session_class: type[Session], config: ConfigSection) -> SessionStorage:
    """Return the storage that a section describes.

    Raises:
        ConfigError: If an option is wrong, or a library is not installed.
    """
    kinds = {"memory": _memory, "redis": _redis, "cookie": _cookie}
    kind = str(config["storage"]).lower()
    if kind not in kinds:
        raise _mistake(config, "storage", f"expected one of {', '.join(kinds)}")
    limits: dict[str, Any] = {"max_age": _positive_time(config, "max_age"), "idle": _positive_time(config, "idle")}
    try:
        return kinds[kind](app, session_class, config, limits)
    except ModuleNotFoundError as e:
        raise _mistake(config, "storage", str(e)) from None


def _memory(
    app: asab_app.Application, session_class: type[Session], config: ConfigSection, limits: dict[str, Any]
) -> SessionStorage:
    limits |= {"max_size": config.getbytes("max_size"), "memory": config.getbytes("memory")}
    return InMemorySessionStorage(app, session_class, **limits)


def _redis(
    app: asab_app.Application, session_class: type[Session], config: ConfigSection, limits: dict[str, Any]
) -> SessionStorage:
    from asab_web.session.redis import RedisSessionStorage

    limits |= {"max_size": config.getbytes("max_size"), "timeout": _positive_time(config, "redis_timeout")}
    url, prefix = str(config["redis_url"]), str(config["redis_prefix"])
    try:
        return RedisSessionStorage(app, url, session_class, prefix=prefix, **limits)
    except ValueError:
        text = "expected redis://user:password@host:port/database, rediss://… or unix:///path/to/socket"
        raise _mistake(config, "redis_url", text) from None


def _cookie(
    app: asab_app.Application, session_class: type[Session], config: ConfigSection, limits: dict[str, Any]
) -> SessionStorage:
    from asab_web.session.encrypted import CookieSessionStorage

    keys = config.getmultiline("cookie_secrets")
    try:
        return CookieSessionStorage(app, keys, session_class, audience=config.name, **limits)
    except ValueError as e:
        raise _mistake(config, "cookie_secrets", str(e)) from None


def _positive_time(config: ConfigSection, option: str) -> float:
    seconds = config.getseconds(option)
    if not seconds:
        raise _mistake(config, option, "expected a time of more than 0 s, such as 1h")
    return seconds


def _mistake(config: ConfigSection, option: str, text: str) -> Exception:
    return Config.mistake(config.name, option, config[option], text)
