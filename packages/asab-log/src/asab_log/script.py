"""`setup`: the same log for a script that knows nothing of applications and configuration files."""

from __future__ import annotations

import logging

from asab_log._colour import ColourFormatter, wants_colour
from asab_log._root import RootHandlers, console_handler, json_formatter, stderr
from asab_log.formatters import FILE_FORMAT, StructuredDataFormatter
from asab_log.levels import LOG_NOTICE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

_present: RootHandlers | None = None


def setup(*, verbose: bool = False, file: str | os.PathLike[str] | None = None, json: bool = False) -> RootHandlers:
    """Log to the console, and to a file on demand, in the documented formats or as JSON lines.

    Called again, it replaces what the call before has set up, so that nothing is logged twice.

    Args:
        verbose: Whether DEBUG and INFO are shown, not only NOTICE and above.
        file: The path of a log file, in UTF-8, which is appended to. One that is moved away is opened again, and a full
            disk does not stop the script.
        json: Whether each line is a JSON object, on the console and in the file; see `JsonFormatter`.

    Returns:
        What was set up; its `close` takes it away again. A script that ends need not call it.

    Raises:
        OSError: If the file cannot be opened; the log is as before then.
    """
    global _present
    handlers: list[logging.Handler] = []
    if (stream := stderr()) is not None:
        lines = ColourFormatter() if wants_colour(stream) else StructuredDataFormatter()
        handlers.append(console_handler(stream, json_formatter() if json else lines))
    if file is not None:
        from asab_log._log_file import LogFile  # brings logging.handlers and with it sockets and pickle

        handler = LogFile(file)
        handler.setFormatter(json_formatter() if json else StructuredDataFormatter(fmt=FILE_FORMAT))
        handlers.append(handler)
    if _present is not None:
        _present.close()
    _present = RootHandlers(handlers, logging.DEBUG if verbose else LOG_NOTICE)
    return _present
