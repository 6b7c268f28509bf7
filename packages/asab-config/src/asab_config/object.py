"""`ConfigObject`: the base of everything that one section of the configuration describes.

The rule, from weak to strong: `ConfigDefaults` of the base classes, of the class itself, the section, then what
the caller gives.
"""

from __future__ import annotations

from collections.abc import MutableMapping

from asab_config import values
from asab_config._interpolation import expand
from asab_config._layer import SET, Rank, of_values
from asab_config.errors import ConfigError, mistake
from asab_config.explanation import Explanation, Origin
from asab_config.parser import Config
from asab_config.secrets import MASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, ClassVar, TypeVar

    T = TypeVar("T")


class ConfigObject:
    """Something that is configured by a section.

    Attributes:
        ConfigDefaults: The default values of a class, for its subclasses too. Strings are read as in a file
            (environment variables, `$$`, `%%`); other values stay what they are.
        Config: The effective values, a mapping with typed getters; a snapshot of the moment of the construction.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, config_section_name: str, config: Mapping[str, Any] | None = None) -> None:
        """Collect the values.

        Args:
            config_section_name: The section; it need not be there.
            config: Values that win over the section. They need not be strings and are taken as they are.
        """
        self.Config: ConfigSection = ConfigSection(config_section_name)
        self.Config._classes, self.Config._given = type(self).__mro__, dict(config or {})
        for cls in reversed(type(self).__mro__):
            for option, value in vars(cls).get("ConfigDefaults", {}).items():
                self.Config[option] = expand(value) if isinstance(value, str) else value
        Config.register(config_section_name, self.Config)
        if Config.has_section(config_section_name):
            self.Config.update(Config.items(config_section_name))
        self.Config.update(config or {})


class ConfigSection(MutableMapping[str, "Any"]):
    """The values of one section, by option name in any case, with the typed getters of a configuration."""

    def __init__(self, name: str) -> None:
        """Make an empty section.

        Args:
            name: The section's name, for errors.
        """
        self.name = name
        self._values: dict[str, Any] = {}
        self._classes: tuple[type, ...] = ()  # whose defaults are here
        self._given: Mapping[str, Any] = {}  # what the caller gave

    def __getitem__(self, option: str) -> Any:
        """Return the value of an option, or raise `KeyError`."""
        return self._values[option.lower()]

    def __setitem__(self, option: str, value: Any) -> None:
        """Set an option to a value of any type."""
        self._values[option.lower()] = value

    def __delitem__(self, option: str) -> None:
        """Remove an option, or raise `KeyError`."""
        del self._values[option.lower()]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in lower case."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of options."""
        return len(self._values)

    def __repr__(self) -> str:
        """Name the section; its values may be secret."""
        return f"<{type(self).__name__} [{self.name}]>"

    def getint(self, option: str, fallback: int | None = None) -> int:
        """Return a value as an `int`.

        Args:
            option: The option's name.
            fallback: What is returned when the option is not there; without one that is a `KeyError`.

        Raises:
            ConfigError: If the value is not a whole number; it names section, option, value and place.
        """
        return self._get(option, fallback, values.integer)

    def getfloat(self, option: str, fallback: float | None = None) -> float:
        """Return a value as a `float`; arguments and errors as for `getint`."""
        return self._get(option, fallback, values.number)

    def getboolean(self, option: str, fallback: bool | None = None) -> bool:
        """Return a value as a `bool`, by the words of `configparser`; arguments and errors as for `getint`."""
        return self._get(option, fallback, values.boolean)

    def getseconds(self, option: str, fallback: float | None = None) -> float:
        """Return a time in seconds, as by `values.seconds`; arguments and errors as for `getint`."""
        return self._get(option, fallback, values.seconds)

    def getbytes(self, option: str, fallback: int | None = None) -> int:
        """Return a size in bytes, as by `values.size`; arguments and errors as for `getint`."""
        return self._get(option, fallback, values.size)

    def getlist(self, option: str, fallback: list[str] | None = None) -> list[str]:
        """Return the items between commas or line breaks; arguments and errors as for `getint`."""
        return self._get(option, fallback, values.items)

    def getmultiline(self, option: str, fallback: list[str] | None = None) -> list[str]:
        """Return the lines; arguments and errors as for `getint`."""
        return self._get(option, fallback, values.lines)

    def geturl(self, option: str, fallback: str | None = None, *, scheme: str | tuple[str, ...] | None = None) -> str:
        """Return a URL whose parts were checked, as by `values.url`; arguments and errors as for `getint`."""
        return self._get(option, fallback, lambda text: values.url(text, scheme))

    def explain(self, option: str) -> Explanation:
        """Tell where a value comes from, and what it shadows; secrets are masked.

        Raises:
            KeyError: If there is no such option.
        """
        option = option.lower()
        origins = [self._origin(option, self._given, "given by the program")]
        if Config.has_option(self.name, option):
            explanation = Config.explain(self.name, option)
            origins += [explanation.origin, *explanation.shadowed]
        for cls in self._classes:
            defaults = vars(cls).get("ConfigDefaults", {})
            origins.append(self._origin(option, defaults, f"default of {cls.__module__}.{cls.__qualname__}"))
        found = [origin for origin in origins if origin is not None]
        if not found:
            found = [Origin(of_values(Rank.VALUES, SET, {self.name: {option: self[option]}}), self.name, option)]
        return Explanation(self.name, option, found)

    def mistake(self, option: str, text: str, *, secret: bool = False) -> ConfigError:
        """Return an error about the value of an option, which names section, option, value and place.

        Args:
            option: The option, which is there.
            text: What is wrong with it, or what was expected.
            secret: Whether the value is not shown at all. What looks like a secret is masked in any case.
        """
        value = self[option]
        said = Config.mistake if self._is_configured(option, value) else mistake
        return said(self.name, option.lower(), MASK if secret else value, text)

    def _origin(self, option: str, given: Mapping[str, Any], place: str) -> Origin | None:
        layer = of_values(Rank.VALUES, place, {self.name: given})
        return Origin(layer, self.name, option) if layer.has(self.name, option) else None

    def _get(self, option: str, fallback: T | None, convert: Callable[[str], T]) -> T:
        if fallback is not None and option not in self:
            return fallback
        value = self[option]
        text = "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        try:
            return convert(text)
        except ValueError as e:
            raise self.mistake(option, f"expected {e}") from None

    def _is_configured(self, option: str, value: object) -> bool:
        """Return whether a value is that of the section, and not of the caller or the class."""
        return Config.has_option(self.name, option) and Config.get(self.name, option) == value
