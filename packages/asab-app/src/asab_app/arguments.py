"""Command-line options that other layers and libraries add: each stands for an option of the configuration.

The rules: who adds one does so when it is imported, and every application that imports it has the option. What is given
beats the configuration file. No letters are taken, for those that are not documented belong to the application.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

from asab_config import escape


class Option(NamedTuple):
    """An option of the command line, and the place in the configuration that it stands for."""

    name: str
    section: str
    option: str
    metavar: str
    help: str

    @property
    def place(self) -> str:
        """Where argparse keeps what is given; an application's own options cannot be meant by that name."""
        return f"[{self.section}] {self.option}"


_options: dict[str, Option] = {}


def add_option(name: str, *, section: str, option: str, metavar: str, help: str) -> None:  # noqa: A002 # as argparse has it
    """Add an option to the command line of every application that is made from now on.

    Given more than once, it is a value of several lines. An application's own option of this name is kept.

    Args:
        name: As `--listen`.
        section: The section of the configuration that it is for.
        option: The option in it, whose value it replaces.
        metavar: The name of the value in `--help`.
        help: One line for `--help`.

    Raises:
        ValueError: If the name is no long option, or already stands for another place.
    """
    new = Option(name, section, option, metavar, help)
    if not name.startswith("--") or len(name) < 3:
        raise ValueError(f"{name!r} cannot be added: expected a long option as --listen; letters are the application's")
    if (known := _options.setdefault(name, new)).place != new.place:
        raise ValueError(f"{name!r} cannot stand for {new.place}: it stands for {known.place}")


def extend(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options that were added."""
    for each in _options.values():
        parser.add_argument(each.name, action="append", dest=each.place, metavar=each.metavar, help=each.help)


def values(arguments: argparse.Namespace) -> dict[str, dict[str, str]]:
    """Return what was given, as sections of a configuration."""
    given: dict[str, dict[str, str]] = {}
    for each in _options.values():
        if lines := getattr(arguments, each.place, None):
            given.setdefault(each.section, {})[each.option] = escape("\n".join(lines))
    return given
