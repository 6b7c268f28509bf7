"""The command line that every application has (documentation, chapter Command-line interface).

No letters are taken but the documented ones. What is given here beats the configuration file.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Sequence
from typing import Any

from asab_app import _daemon, _loop
from asab_app._failures import program
from asab_app.arguments import extend, values
from asab_config import Config, ConfigParser, escape

Config.add_layer_defaults(
    {
        "general": {
            "tick_period": "1",
            "initialize_timeout": "90",
            "finalize_timeout": "10",
            "reload": "no",
            "threads": "0",
            "tracing": "no",
        }
    }
)


class Version(argparse.Action):
    """`--version`: the application's own, and what it stands on."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        """Take the version of the application as `const`."""
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the versions and end the program."""
        import platform
        from importlib.metadata import version  # these two take longer than all else of a start

        name = f"{parser.prog} {self.const}" if self.const else parser.prog
        sys.stdout.write(f"{name} (asab-app {version('asab-app')}, Python {platform.python_version()})\n")
        parser.exit()


def create_parser(own_version: str, **options: Any) -> argparse.ArgumentParser:
    """Return a parser of the common options.

    Args:
        own_version: The version of the application; empty if it has none.
        **options: For `argparse.ArgumentParser`. An application may define a long option that is here already anew.
    """
    ours = {"prog": program(), "conflict_handler": "resolve", "formatter_class": _formatter}
    parser = argparse.ArgumentParser(**{**ours, **options})
    parser.add_argument("--version", action=Version, const=own_version, help="print the version and exit")
    parser.add_argument("-c", "--config", metavar="CONFIG", help="load the configuration file CONFIG")
    parser.add_argument("-v", "--verbose", action="store_true", help="log at level DEBUG, and the event loop's doings")
    parser.add_argument("-l", "--log-file", metavar="LOG_FILE", help="log to the file LOG_FILE")
    parser.add_argument("-s", "--syslog", action="store_true", help="log to syslog")
    extend(parser)
    background = parser.add_mutually_exclusive_group()
    background.add_argument("-d", "--daemonize", action="store_true", help="run in the background")
    background.add_argument("-k", "--kill", action="store_true", help="end what was started with -d")
    inspection = parser.add_argument_group("instead of running")
    inspection.add_argument(
        "--config-explain",
        metavar="SECTION[.OPTION]",
        nargs="?",
        const="",
        help="print where the values of the configuration come from",
    )
    inspection.add_argument("--config-check", action="store_true", help="tell every mistake in the configuration")
    return parser


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Return argparse's own; without a width it would load `shutil` at every start, only to find out this one."""
    columns = os.environ.get("COLUMNS", "")
    if not columns.isdecimal():
        try:
            columns = str(os.get_terminal_size().columns)
        except OSError:
            columns = "80"
    return argparse.HelpFormatter(prog, width=int(columns) - 2)


def load_configuration(arguments: argparse.Namespace) -> None:
    """Load the configuration file and lay the command line over it.

    Args:
        arguments: What was parsed; options that a parser of the application's own does not have count as not given.

    Raises:
        ConfigError: If the configuration cannot be read.
    """
    _daemon.anchor(arguments)
    Config.load(getattr(arguments, "config", None))
    given = values(arguments)
    if getattr(arguments, "verbose", False):
        given.setdefault("logging", {})["verbose"] = "yes"
    if log_file := getattr(arguments, "log_file", None):
        given.setdefault("logging:file", {})["path"] = escape(log_file)
    if getattr(arguments, "syslog", False):
        given.setdefault("logging:syslog", {})["enabled"] = "yes"
    Config.override(given, "command line")


def positive_seconds(option: str, config: ConfigParser = Config) -> float:
    """Return a time of `[general]` that is more than 0, in seconds.

    Raises:
        ConfigError: If it is not.
    """
    value = config.getseconds("general", option)
    if value == 0:
        raise config.mistake("general", option, value, "expected a time of more than 0")
    return value


def threads(config: ConfigParser = Config) -> int:
    """Return how many threads `[general]` allows for blocking calls; 0 for as many as asyncio would.

    Raises:
        ConfigError: If it is less than 0.
    """
    value = config.getint("general", "threads")
    if value < 0:
        raise config.mistake("general", "threads", value, "expected 0 or more threads")
    return value


def trace() -> None:
    """Turn tracing on or off, as `[general] tracing` says; who never has it on does not pay for its module.

    Raises:
        ConfigError: As of `asab_app.tracing.configure`.
    """
    if Config.get("general", "tracing") != "no" or "asab_app.tracing" in sys.modules:
        from asab_app import tracing

        tracing.configure()


def _boolean(section: str, option: str, config: ConfigParser) -> None:
    config.getboolean(section, option)


for _option in ("tick_period", "initialize_timeout", "finalize_timeout"):
    Config.add_check(functools.partial(positive_seconds, _option))
Config.add_check(threads)
Config.add_check(_loop.check_kind)
for _section, _option in (("general", "reload"), ("general", "strict"), ("logging", "verbose")):
    Config.add_check(functools.partial(_boolean, _section, _option))
