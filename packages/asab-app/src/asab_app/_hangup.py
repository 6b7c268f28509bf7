"""SIGHUP: the log files are rotated and, with `[general] reload = yes`, the configuration is read again.

The rule: a configuration with a mistake changes nothing. The service manager hears of the end of the reload when every
subscriber of `Application.hup!` has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from asab_app._service_manager import ServiceManager
from asab_config import Config, ConfigError
from asab_log import LOG_NOTICE

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)


def hang_up(app: Application) -> None:
    """Do what SIGHUP asks for, in the event loop."""
    manager = app._service_manager
    manager.reloading()
    subscribers: frozenset[asyncio.Task[None]] = frozenset()
    try:
        if Config.getboolean("general", "reload"):
            subscribers |= _reload(app)
        app.Logging.rotate()
        subscribers |= app._messages.publish("Application.hup!")
    finally:
        if subscribers:
            app._supervisor.start(_wait(subscribers, manager), "the wait for the subscribers of Application.hup!")
        else:
            manager.reloaded()


async def _wait(subscribers: Collection[asyncio.Task[None]], manager: ServiceManager) -> None:
    """Wait for them, as long as they take: a reload is no phase that something else waits for."""
    try:
        await asyncio.wait(subscribers)
    finally:
        manager.reloaded()


def _reload(app: Application) -> frozenset[asyncio.Task[None]]:
    try:
        changes = Config.reload()
        app.Logging.reload()
    except ConfigError as e:
        for mistake in e.mistakes:
            L.error("The configuration stays as it was: %s", mistake)
        return frozenset()
    L.log(LOG_NOTICE, "The configuration was read again: %d values have changed.", len(changes))
    return app._messages.publish("Application.reload!", changes)
