"""`Logging`: the log of an application, as its configuration has it."""

from __future__ import annotations

import logging

from asab_log import _settings
from asab_log._logger_levels import LoggerLevels
from asab_log._root import RootHandlers
from asab_log._struct_data import get_logger

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Protocol

    class HasLoop(Protocol):
        """What the log takes from an application."""

        @property
        def Loop(self) -> asyncio.AbstractEventLoop:
            """The event loop for the networking; it need not run yet."""


L = get_logger(__name__)


class Logging:
    """Console, file and syslog of an application (documentation, chapter Logging).

    It belongs to the root logger, beside whatever handlers are there, from the construction to `close`.

    Attributes:
        has_console: Whether records go to the standard error output.
    """

    def __init__(self, app: HasLoop) -> None:
        """Set the root logger up from the sections `[logging]` and `[logging:…]` of `asab_config.Config`.

        Args:
            app: The application, for its `Loop`.

        Raises:
            ConfigError: If the configuration cannot be used, or the log file not be opened; nothing is set up then.
        """
        level, levels = _settings.root_level(), _settings.logger_levels()
        console = _settings.console()
        self._syslog = _settings.syslog(app.Loop)
        self._file = _settings.log_file()  # the last that can fail, for it is the one that has to be closed
        self.has_console: bool = console is not None
        handlers: tuple[logging.Handler | None, ...] = (console, self._syslog, self._file)
        self._root = RootHandlers([handler for handler in handlers if handler is not None], level)
        self._levels = LoggerLevels()
        self._levels.set(levels)

    def rotate(self) -> None:
        """Rotate the log file, if there is one (documentation: what SIGHUP triggers).

        With `backup_count` files are renamed and a new one begins; without, the file is opened anew if somebody has
        moved it away. No record is lost, and what goes wrong is logged.
        """
        if self._file is None:
            return
        try:
            self._file.rotate_now()
        except OSError as e:
            L.error("The log file cannot be rotated", struct_data={"path": self._file.baseFilename, "reason": str(e)})

    def reload(self) -> None:
        """Take the levels from the configuration again, `[logging] verbose` and `levels`; handlers stay as they are.

        Raises:
            ConfigError: If one of them cannot be used; nothing has changed then.
        """
        level, levels = _settings.root_level(), _settings.logger_levels()
        self._levels.close()
        self._root.set_level(level)
        self._levels.set(levels)

    @property
    def lost(self) -> int:
        """How many records this process could not write to the log file; the file says where they are missing."""
        return 0 if self._file is None else self._file.lost

    @property
    def dropped(self) -> int:
        """How many records for syslog this process has given up; those that still wait are not among them."""
        return 0 if self._syslog is None else self._syslog.dropped

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that sends to syslog, while there is one; `close` ends it when nothing is left to send."""
        return None if self._syslog is None else self._syslog.task

    async def close(self, timeout: float = 2.0) -> None:
        """Send what waits for syslog, then take everything away from the root logger; to be awaited in `app.Loop`.

        Args:
            timeout: How long it may take to send, in seconds. What is left then is dropped, as it is on cancellation.
        """
        try:
            if self._syslog is not None:
                await self._syslog.aclose(timeout)
        finally:
            self.close_nowait()

    def close_nowait(self) -> None:
        """Take everything away from the root logger at once, also without a running loop; syslog is not waited for.

        Handlers are removed and closed, as long as they are this object's; the levels are set back.
        """
        self._levels.close()
        self._root.close()
