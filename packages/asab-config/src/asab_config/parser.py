"""`ConfigParser`: the standard library's, with includes, environment and layered defaults; `Config`, the process's own.

The rule: what was read or set always wins over a default, whichever of them came first. Among defaults, those of an
application win over those of a library, and among equals the last.
"""

from __future__ import annotations

import configparser
import os
from enum import IntEnum

from asab_config._files import included, parse_lines, read_file, with_includes
from asab_config._interpolation import EnvironmentInterpolation
from asab_config.errors import ConfigError

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs more than the rest of this layer
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final

    from asab_config._files import FileParser

BOOLEANS = "/".join(configparser.RawConfigParser.BOOLEAN_STATES)


def _checked(getter: str, expected: str) -> Callable[..., Any]:
    """Return the typed getter of the standard library with an error that names section, option and value."""
    convert = getattr(configparser.ConfigParser, getter)

    def get(self: ConfigParser, section: str, option: str, **kwargs: Any) -> Any:
        try:
            return convert(self, section, option, **kwargs)
        except ValueError:
            value = self.get(section, option)
            raise ConfigError(f"[{section}] {option} = {value!r}: expected {expected}") from None

    get.__name__ = getter
    get.__doc__ = f"Return the value, {expected}; another one is a `ConfigError` that names its place."
    return get


class _Rank(IntEnum):
    LIBRARY = 0
    APPLICATION = 1
    SET = 2


class ConfigParser(configparser.ConfigParser):
    """A `configparser.ConfigParser` for servers (documentation, chapter Configuration).

    It reads whole files or nothing, follows `[general] include`, expands environment variables and keeps defaults of
    several ranks apart. Option names are case-insensitive, as in the standard library. `%(name)s` is not interpolated.
    """

    def __init__(self) -> None:
        """Make an empty configuration with `[general] config_file` and `include` as its only defaults."""
        self._ranks: dict[tuple[str, str], _Rank] = {}
        super().__init__(interpolation=EnvironmentInterpolation())
        self.add_layer_defaults({"general": {"config_file": "", "include": ""}})

    def add_defaults(self, dictionary: Mapping[str, Mapping[str, Any]]) -> None:
        """Give default values of the application (documentation, chapter Configuration default values).

        They never hide a value that was read or set. Of two calls for one key the later wins.

        Args:
            dictionary: Section name to option name to value; values are stored by `str()`.
        """
        self._add(dictionary, _Rank.APPLICATION)

    def add_layer_defaults(self, dictionary: Mapping[str, Mapping[str, Any]]) -> None:
        """Give default values of a library: they rank below all that an application gives, in whatever order.

        Args:
            dictionary: As for `add_defaults`.
        """
        self._add(dictionary, _Rank.LIBRARY)

    def load(self, path: str | os.PathLike[str] | None = None) -> None:
        """Read the main configuration file and all that it includes; later files win.

        Without a path, the one of the environment variable `ASAB_CONFIG` is read, else that of `[general] config_file`;
        if there is none, just the includes that the defaults name.

        Args:
            path: The file that wins over both, usually from the command line.

        Raises:
            ConfigError: If a file cannot be read or parsed; nothing of any file has been taken over then.
        """
        path = path or os.environ.get("ASAB_CONFIG") or self.get("general", "config_file")
        files = list(with_includes(path)) if path else list(included(self.get("general", "include"), set()))
        for file in files:
            self._take(file)

    def read(  # type: ignore[override]  # names are text, never bytes
        self,
        filenames: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        encoding: str | None = None,
    ) -> list[str]:
        """Read files that may be missing, without their includes, and return the names of those that were there.

        Raises:
            ConfigError: If a file is there and cannot be parsed.
        """
        names = [filenames] if isinstance(filenames, (str, os.PathLike)) else filenames
        present = [os.fspath(name) for name in names if os.path.exists(name)]
        for name in present:
            self._take(read_file(name, encoding or "utf-8-sig"))
        return present

    def read_file(self, f: Iterable[str], source: str | None = None) -> None:
        """Read an open file or any other iterable of lines.

        Raises:
            ConfigError: If it cannot be parsed; nothing of it has been taken over then.
        """
        self._take(parse_lines(f, source or str(getattr(f, "name", "<???>"))))

    def set(self, section: str, option: str, value: str | None = None) -> None:
        """Set a value; it wins over every default."""
        super().set(section, option, value)
        self._ranks[section, self.optionxform(option)] = _Rank.SET

    if not TYPE_CHECKING:  # their types are those of the standard library
        getint = _checked("getint", "a whole number")
        getfloat = _checked("getfloat", "a number")
        getboolean = _checked("getboolean", f"one of {BOOLEANS}")

    def _add(self, dictionary: Mapping[str, Mapping[str, Any]], rank: _Rank) -> None:
        for section, options in dictionary.items():
            if section != self.default_section and not self.has_section(section):
                self.add_section(section)
            for option, value in options.items():
                place = section, self.optionxform(option)
                if self._ranks.get(place, rank) <= rank:
                    super().set(section, option, str(value))
                    self._ranks[place] = rank

    def _take(self, file: FileParser) -> None:
        for section in file.sections():
            if section != self.default_section and not self.has_section(section):
                self.add_section(section)
            for option, value in file.items(section):
                self.set(section, option, value)


Config: Final = ConfigParser()
"""The configuration of this process."""
