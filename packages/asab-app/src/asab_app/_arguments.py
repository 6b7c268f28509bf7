"""The command line that every application has (documentation, chapter Command-line interface).

No letters are taken but the documented ones. What is given here beats the configuration file.
"""

from __future__ import annotations

import argparse
import functools
from typing import Any

from asab_config import Config, ConfigParser, escape

Config.add_layer_defaults({"general": {"tick_period": "1", "finalize_timeout": "10", "reload": "no"}})


def create_parser(**options: Any) -> argparse.ArgumentParser:
    """Return a parser of the common options.

    Args:
        **options: For `argparse.ArgumentParser`.
    """
    parser = argparse.ArgumentParser(**options)
    parser.add_argument("-c", "--config", metavar="CONFIG", help="load the configuration file CONFIG")
    parser.add_argument("-v", "--verbose", action="store_true", help="log at level DEBUG, and the event loop's doings")
    parser.add_argument("-l", "--log-file", metavar="LOG_FILE", help="log to the file LOG_FILE")
    parser.add_argument("-s", "--syslog", action="store_true", help="log to syslog")
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


def load_configuration(arguments: argparse.Namespace) -> None:
    """Load the configuration file and lay the command line over it.

    Args:
        arguments: What was parsed; options that a parser of the application's own does not have count as not given.

    Raises:
        ConfigError: If the configuration cannot be read.
    """
    Config.load(getattr(arguments, "config", None))
    given: dict[str, dict[str, str]] = {}
    if getattr(arguments, "verbose", False):
        given["logging"] = {"verbose": "yes"}
    if log_file := getattr(arguments, "log_file", None):
        given["logging:file"] = {"path": escape(log_file)}
    if getattr(arguments, "syslog", False):
        given["logging:syslog"] = {"enabled": "yes"}
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


def _boolean(section: str, option: str, config: ConfigParser) -> None:
    config.getboolean(section, option)


for _option in ("tick_period", "finalize_timeout"):
    Config.add_check(functools.partial(positive_seconds, _option))
for _section, _option in (("general", "reload"), ("general", "strict"), ("logging", "verbose")):
    Config.add_check(functools.partial(_boolean, _section, _option))
