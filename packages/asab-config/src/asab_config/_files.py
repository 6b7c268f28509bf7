"""Configuration files: one file read whole or refused with path and line, and the order in which includes follow.

Each file goes through a parser of its own, so that a broken one leaves nothing half read behind.
"""

from __future__ import annotations

import configparser
import glob
import os
import re

from asab_config._interpolation import expand
from asab_config._layer import Layer, Rank
from asab_config.errors import ConfigError, shortened
from asab_config.secrets import MASK, is_secret, mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


class _FileParser(configparser.RawConfigParser):
    """The standard library's parser, which also notes on which line an option stood.

    A section's name may stand in double brackets too, as in the documentation. `[DEFAULT]` is a section like any other
    here; the configuration that takes the file over gives it its meaning.
    """

    SECTCRE = re.compile(r"\[(?P<double>\[)?(?P<header>.+)(?(double)\]\]|\])")
    if TYPE_CHECKING:
        _sections: dict[str, dict[str, str]]  # the standard library's table of what was read

    converters: Any = ()  # for the proxies of sections, which nobody asks for here

    def __init__(self, lines: Iterable[str], source: str) -> None:
        super().__init__(default_section="")
        self._line = 0
        self._option_lines: list[int] = []
        self.read_file(self._counted(lines), source)

    def optionxform(self, optionstr: str) -> str:
        """Return an option's name in lower case; while reading, this is called once an option, in the file's order."""
        self._option_lines.append(self._line)
        return optionstr.lower()

    def layer(self, source: str, included_by: str) -> Layer:
        """Return what was read."""
        return Layer(Rank.VALUES, source, self._sections, self._option_lines, included_by)

    def _counted(self, lines: Iterable[str]) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            self._line = number
            yield line


def parse_lines(lines: Iterable[str], source: str, included_by: str = "") -> Layer:
    """Parse the lines of one file.

    Args:
        lines: The text, a line each.
        source: What stands for the file in errors, usually its path.
        included_by: Where the file is included, for errors and explanations.

    Raises:
        ConfigError: With `source:line` and what is wrong there, for every mistake that the parser can tell.
    """
    try:
        return _FileParser(lines, source).layer(source, included_by)
    except configparser.MissingSectionHeaderError as e:
        raise ConfigError(f"{source}:{e.lineno}: {_shown(e.line)} stands before the first [section]") from None
    except configparser.DuplicateSectionError as e:
        raise ConfigError(f"{source}:{e.lineno}: section [{e.section}] is there already; merge the two") from None
    except configparser.DuplicateOptionError as e:
        raise ConfigError(
            f"{source}:{e.lineno}: {e.option!r} is set already in section [{e.section}]; remove one of the two"
        ) from None
    except configparser.ParsingError as e:
        raise ConfigError(
            *(f"{source}:{line}: {_shown(text)} is neither a [section] nor 'key = value'" for line, text in _errors(e))
        ) from None
    except configparser.Error as e:
        raise ConfigError(f"{source}: {' '.join(str(e).split())}") from None


def _errors(error: configparser.ParsingError) -> list[tuple[int, str]]:
    # A continuation without a beginning (Python 3.13) comes with one line and without the list.
    return getattr(error, "errors", None) or [(getattr(error, "lineno", 0), getattr(error, "line", ""))]


def _shown(text: str) -> str:
    """Return the line in quotes, without a secret; some versions of the parser tell it in quotes, others as it is."""
    line = text.strip()
    if line[:1] in ("'", '"') and line[:1] == line[-1:] and line.isprintable():
        line = line[1:-1].removesuffix("\\n").encode("latin-1", "backslashreplace").decode("unicode_escape").strip()
    name = re.split(r"[\s=:]", line, maxsplit=1)[0]
    return repr(f"{name} {MASK}" if name != line and is_secret(name) else shortened(mask("", line)))


def read_file(path: str | os.PathLike[str], encoding: str = "utf-8-sig", included_by: str = "") -> Layer:
    """Read one file.

    Raises:
        ConfigError: If it cannot be opened or parsed, with the path, and the line where there is one.
    """
    name = os.fspath(path)
    try:
        with open(name, encoding=encoding) as f:
            lines = f.readlines()
    except OSError as e:
        raise ConfigError(f"{name}: the configuration file cannot be read: {e.strerror or e}") from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"{name}: the configuration file is not UTF-8 text (byte {e.start})") from e
    except ValueError as e:
        raise ConfigError(f"{name!r} is not the path of a configuration file: {e}") from e
    return parse_lines(lines, name, included_by)


_DEEPEST = 50  # more is a mistake, or malice


class Reading:
    """The reading of a main file and its includes, each file once.

    Attributes:
        layers: What was read, in the order of the files.
        mistakes: What was wrong, of all files.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.layers: list[Layer] = []
        self.mistakes: list[str] = []
        self._seen: set[str] = set()

    def file(self, path: str | os.PathLike[str], included_by: str = "", depth: int = 0) -> None:
        """Read a file, then the files that its `[general] include` names, each followed by its own includes."""
        self._seen.add(os.path.realpath(path))
        try:
            layer = read_file(path, included_by=included_by)
        except ConfigError as e:
            self.mistakes += e.mistakes
            return
        self.layers.append(layer)
        if include := layer.sections.get("general", {}).get("include"):
            self.include(include, layer.place("general", "include"), depth + 1)

    def include(self, include: str, by: str, depth: int = 0) -> None:
        """Read the files that an `include` value names, in its order, globs sorted; missing ones are passed over.

        Args:
            include: Paths and globs, separated by `os.pathsep` or line breaks.
            by: Where the include stands.
            depth: In how many files it is nested.
        """
        try:
            paths = [
                path
                for pattern in re.split(f"[{re.escape(os.pathsep)}\n]", expand(include))
                for path in sorted(glob.glob(pattern.strip()))
            ]
        except ConfigError as e:
            self.mistakes += (f"{by}: [general] include: {mistake}" for mistake in e.mistakes)
            return
        except RecursionError:
            self.mistakes.append(f"{by}: [general] include names more folders than a path can have")
            return
        for path in paths:
            if os.path.realpath(path) in self._seen:
                continue
            if depth > _DEEPEST:
                self.mistakes.append(f"{path}: included by files that include each other more than {_DEEPEST} deep")
                return
            self.file(path, by, depth)
