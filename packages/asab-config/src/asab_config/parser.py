"""`ConfigParser`: the standard library's, made of layers that know where they come from; `Config`, the process's own.

The rule, from weak to strong: defaults of libraries, defaults of the application, then what was read or set, the later
over the earlier. The command line is set after the files were read, and stays above them when they are read again.
"""

from __future__ import annotations

import configparser
import os

from asab_config import _typos
from asab_config._files import Reading, parse_lines, read_file
from asab_config._interpolation import Interpolation, conceal, expand
from asab_config._layer import Layer, Layers, Rank, caller, of_values
from asab_config._proxies import Proxies
from asab_config._typed import TypedGetters
from asab_config.changes import differences
from asab_config.errors import ConfigError, mistake
from asab_config.explanation import Explanation, Origin

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs more than the rest of this layer
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final

    from asab_config.changes import Change

_DEFAULTS = {"general": {"config_file": "", "include": "", "strict": "no"}}


class ConfigParser(TypedGetters, configparser.ConfigParser):
    """A `configparser.ConfigParser` for servers (documentation, chapter Configuration).

    It reads whole files or nothing, follows `[general] include`, expands environment variables and keeps defaults of
    several ranks apart. Option names are case-insensitive, as in the standard library. `%(name)s` is not interpolated.
    """

    if TYPE_CHECKING:
        # The standard library's tables: the effective values as written.
        _sections: dict[str, dict[str, str]]
        _defaults: dict[str, str]

    def __init__(self) -> None:
        """Make an empty configuration with the defaults of `[general]` that this package obeys."""
        self._layers = Layers()
        self._loaded: list[Layer] = []
        self._path: str | os.PathLike[str] | None = None
        self._known: dict[str, set[str]] = {}
        self._checks: list[Callable[[ConfigParser], object]] = []
        super().__init__(interpolation=Interpolation(self.mistake))
        self._proxies = Proxies(self)
        self._add(of_values(Rank.LIBRARY, f"default of {__name__}", _DEFAULTS))

    # Giving values

    def add_defaults(self, dictionary: Mapping[str, Mapping[str, Any]]) -> None:
        """Give default values of the application (documentation, chapter Configuration default values).

        They never hide a value that was read or set. Of two calls for one key the later wins.

        Args:
            dictionary: Section name to option name to value; values are stored by `str()`.
        """
        self._add(of_values(Rank.APPLICATION, f"default of {caller()}", dictionary))

    def add_layer_defaults(self, dictionary: Mapping[str, Mapping[str, Any]]) -> None:
        """Give default values of a library: they rank below all that an application gives, in whatever order.

        The argument is that of `add_defaults`.
        """
        self._add(of_values(Rank.LIBRARY, f"default of {caller()}", dictionary))

    def override(self, dictionary: Mapping[str, Mapping[str, Any]], source: str) -> None:
        """Set values that also win over files when these are read again, such as those of the command line.

        Args:
            dictionary: As for `add_defaults`.
            source: Where they come from, for people. What was given under this name before is taken back.
        """
        old = [layer for layer in self._layers if layer.source == source]
        self._layers.replace(old, [])
        self._layers.replace([], [of_values(Rank.VALUES, source, dictionary)])
        self._rebuild()

    def set(self, section: str, option: str, value: str | None = None) -> None:
        """Set a value; it wins over every default and over what was read before."""
        super().set(section, option, value)
        option = self.optionxform(option)
        layer = self._layers.single_values()
        layer.sections.setdefault(section, {})[option] = self._own(section)[option]
        layer.setters[section, option] = f"set by {caller()}"

    def add_section(self, section: str) -> None:
        """Add a section without options."""
        super().add_section(section)
        self._layers.single_values().sections.setdefault(section, {})

    def remove_option(self, section: str, option: str) -> bool:
        """Remove an option, whoever gave it; tell whether it was there."""
        for layer in self._layers:
            layer.sections.get(section, {}).pop(self.optionxform(option), None)
        return super().remove_option(section, option)

    def remove_section(self, section: str) -> bool:
        """Remove a section, whoever gave it; tell whether it was there."""
        for layer in self._layers:
            layer.sections.pop(section, None)
        return super().remove_section(section)

    # Reading

    def load(self, path: str | os.PathLike[str] | None = None) -> None:
        """Read the main configuration file and all that it includes; later files win.

        Without a path, the one of the environment variable `ASAB_CONFIG` is read, else that of `[general] config_file`;
        if there is none, just the includes that the defaults name. What an earlier `load` has read is forgotten.

        Args:
            path: The file that wins over both, usually from the command line.

        Raises:
            ConfigError: If a file cannot be read or parsed, with the mistakes of all files; nothing has changed then.
        """
        files = self._read_all(path)
        self._path = path
        self._layers.replace(self._loaded, files)
        self._loaded = files
        self._rebuild()

    def reload(self) -> list[Change]:
        """Read again what `load` has read, and take it over if no check objects.

        Returns:
            What has changed; nothing that is set by the command line or the program does.

        Raises:
            ConfigError: If a file cannot be read or parsed, or a check raised it; nothing has changed then.
        """
        files = self._read_all(self._path)
        candidate = ConfigParser()
        candidate._layers = Layers(self._layers)
        candidate._layers.replace(self._loaded, files)
        candidate._rebuild()
        candidate._checks, candidate._known = self._checks, self._known
        candidate.check()
        changes = differences(self._tables(), candidate._tables())
        self._layers, self._loaded = candidate._layers, files
        self._rebuild()
        return changes

    def add_check(self, check: Callable[[ConfigParser], object]) -> None:
        """Have a configuration checked, before a reload takes it over and by `check`.

        Args:
            check: Called with the configuration in question; a `ConfigError` that it raises vetoes it.
        """
        self._checks.append(check)

    def check(self) -> None:
        """Call every check.

        Raises:
            ConfigError: With the mistakes that any of them found.
        """
        mistakes: list[str] = []
        for check in self._checks:
            try:
                check(self)
            except ConfigError as e:
                mistakes += e.mistakes
        if mistakes:
            raise ConfigError(*mistakes)

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
            self._add(read_file(name, encoding or "utf-8-sig"))
        return present

    def read_file(self, f: Iterable[str], source: str | None = None) -> None:
        """Read an open file or any other iterable of lines.

        Raises:
            ConfigError: If it cannot be parsed; nothing of it has been taken over then.
        """
        self._add(parse_lines(f, source or str(getattr(f, "name", "<???>"))))

    # Explaining

    def explain(self, section: str, option: str) -> Explanation:
        """Tell where an effective value comes from, and what it shadows; secrets are masked.

        Raises:
            configparser.NoSectionError: If there is no such section.
            configparser.NoOptionError: If there is no such option.
        """
        self.get(section, option, raw=True)
        option = self.optionxform(option)
        giving = self._layers.giving((section, self.default_section), option)
        return Explanation(section, option, [Origin(layer, name, option) for layer, name in giving])

    def register(self, section: str, options: Iterable[str]) -> None:
        """Make names known without giving defaults, for `check_names`."""
        self._known.setdefault(section, set()).update(self.optionxform(option) for option in options)

    def check_names(self) -> list[str]:
        """Look for names in files that no default and no `register` knows.

        Returns:
            A sentence for each that resembles a known one.

        Raises:
            ConfigError: With `[general] strict = yes`, if there is any unknown name.
        """
        strict = self.getboolean("general", "strict")
        sentences = [text for text, resembles in _typos.unknown(self._layers, self._known) if strict or resembles]
        if strict and sentences:
            raise ConfigError(*sentences)
        return sentences

    def mistake(self, section: str, option: str, value: object, text: str) -> ConfigError:
        """Return an error about a value, with its place; a secret is masked, and one from a file shown as written.

        Args:
            section: The section.
            option: The option.
            value: The value that is wrong.
            text: What is wrong with it, or what was expected.
        """
        option = self.optionxform(option)
        giving = self._layers.giving((section, self.default_section), option)
        if not giving:
            return mistake(section, option, value, text)
        layer, name = giving[0]
        shown = conceal(str(value), layer.sections[name][option])
        return mistake(section, option, shown, text, layer.place(name, option), layer.lines is not None)

    def _tables(self) -> dict[str, dict[str, str]]:
        return {self.default_section: self._defaults, **self._sections}

    def _read_all(self, path: str | os.PathLike[str] | None) -> list[Layer]:
        reading = Reading()
        path = path or os.environ.get("ASAB_CONFIG") or expand(self._default("config_file"))
        if path:
            reading.file(path)
        else:
            reading.include(self._default("include"), by="the defaults")
        if reading.mistakes:
            raise ConfigError(*reading.mistakes)
        return reading.layers

    def _default(self, option: str) -> str:
        """Return an option of `[general]` as it is written without the files, which are about to be read."""
        layers = [layer for layer in self._layers.holding("general", option) if layer not in self._loaded]
        return layers[0].sections["general"][option] if layers else ""

    def _own(self, section: str) -> dict[str, str]:
        """Return the standard library's table of a section, which is made if it is not there."""
        if section == self.default_section:
            return self._defaults
        return self._sections.setdefault(section, {})

    def _add(self, layer: Layer) -> None:
        stronger = self._layers.add(layer)
        for section, options in layer.sections.items():
            own = self._own(section)
            own.update((o, v) for o, v in options.items() if not any(other.has(section, o) for other in stronger))

    def _rebuild(self) -> None:
        """Make the standard library's tables what the layers say."""
        wanted: dict[str, dict[str, str]] = {}
        for layer in self._layers:
            for section, options in layer.sections.items():
                wanted.setdefault(section, {}).update(options)
        for section in self.sections():
            if section not in wanted:
                super().remove_section(section)
        self._defaults.clear()
        for section, options in wanted.items():
            own = self._own(section)
            own.clear()
            own.update(options)


Config: Final = ConfigParser()
"""The configuration of this process."""
