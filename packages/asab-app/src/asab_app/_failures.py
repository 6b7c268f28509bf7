"""What is said when an application cannot start, and the exit code that goes with it.

A mistake of the operator is one clear line a mistake and no traceback. It is on stderr in any case: through the log
where the log goes there, by itself otherwise.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from asab_app._tasks import ExitRequested
from asab_app.errors import EX_CONFIG, EX_SOFTWARE, StartupError
from asab_config import ConfigError

if TYPE_CHECKING:
    from asab_app.application import Application

L = logging.getLogger(__name__)


def refuse(error: ConfigError) -> NoReturn:
    """Say what is wrong with the configuration, before there is a log, and exit."""
    for line in str(error).splitlines():
        say(line)
    raise SystemExit(EX_CONFIG)


def report(app: Application, error: BaseException, where: str = "in initialize() of the application") -> None:
    """Say why `initialize()` of the application or of a component did not succeed, and set the exit code."""
    if isinstance(error, SystemExit):
        error = ExitRequested(error.code)
    if isinstance(error, ExitRequested):
        app.set_exit_code(error.exit_code)
        return
    app.set_exit_code(EX_CONFIG if isinstance(error, ConfigError) else EX_SOFTWARE)
    if isinstance(error, (ConfigError, StartupError)):
        lines = str(error).splitlines()
        for line in lines:
            L.error("%s", line)
    else:
        place = "; ".join(getattr(error, "__notes__", [where]))
        lines = [f"The start failed {place}: {error!r}"]
        L.error("%s", lines[0], exc_info=error)
    app._service_manager.failed(lines[0])
    if not app.Logging.has_console:
        for line in lines:
            say(line)


def say(line: str) -> None:
    """Write a line to stderr, after the name of the program."""
    sys.stderr.write(f"{program()}: {line}\n")


def program() -> str:
    """Return the name of the program: that of its file or, for `python -m package`, of the package."""
    folder, file = os.path.split(sys.argv[0])
    return (os.path.basename(folder) if file == "__main__.py" else file) or "asab"
