"""`--config-explain` and `--config-check`: what an application says of its configuration instead of running."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from asab_app import _arguments
from asab_app._failures import say
from asab_app._loop import close_loop
from asab_app._tasks import hook
from asab_app.errors import EX_CONFIG
from asab_config import Config, ConfigError
from asab_log import Logging
from asab_pubsub import PubSub

if TYPE_CHECKING:
    from asab_app.application import Application


def explain(what: str) -> int:
    """Print where the values of a section, of an option or of everything come from; secrets are masked.

    Args:
        what: `section`, `section.option`, or nothing for everything.

    Returns:
        The exit code: 0, or 1 if there is no such thing.
    """
    section, _, option = what.rpartition(".")
    if not what or Config.has_section(what):
        names = [what] if what else Config.sections()
        places = [(name, each) for name in names for each in Config.options(name)]
    elif Config.has_option(section, option):
        places = [(section, option)]
    else:
        sys.stderr.write(f"there is no section or option {what!r}; sections: {', '.join(Config.sections())}\n")
        return 1
    sys.stdout.write("".join(f"{Config.explain(*place)}\n" for place in places))
    return 0


def check(app: Application) -> int:
    """Say every mistake that can be found without starting anything.

    The log outputs are opened, and the `initialize()` of the application runs, for it tells which modules there are;
    nothing is started.

    Returns:
        The exit code: 0 if all is well, or 78.
    """
    try:
        app.Loop = app.create_event_loop()
    except ConfigError:
        app.Loop = asyncio.new_event_loop()  # the mistake is told with all others
    app.PubSub = PubSub(app)
    mistakes: list[str] = []
    try:
        for step in (_open_log, _check_tracing, _initialize, _check_values, _check_names):
            try:
                step(app)
            except ConfigError as e:
                mistakes += [mistake for mistake in e.mistakes if mistake not in mistakes]
    finally:
        close_loop(app.Loop, None, 1.0)
    for mistake in mistakes:
        say(mistake)
    return EX_CONFIG if mistakes else 0


def _open_log(app: Application) -> None:
    Logging(app).close_nowait()


def _check_tracing(_app: Application) -> None:
    _arguments.trace()


def _initialize(app: Application) -> None:
    app.Loop.run_until_complete(hook(app.initialize()))


def _check_values(_app: Application) -> None:
    Config.check()


def _check_names(_app: Application) -> None:
    if sentences := Config.check_names():
        raise ConfigError(*sentences)
