"""The getters that give a type to a value, for a whole configuration."""

from __future__ import annotations

import configparser

from asab_config import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol, TypeVar

    T_co = TypeVar("T_co", covariant=True)
    D = TypeVar("D")

    class Getter(Protocol[T_co]):
        """A method that gives a type to a value."""

        def __call__(
            self,
            section: str,
            option: str,
            *,
            raw: bool = ...,
            vars: Mapping[str, str] | None = ...,  # noqa: A002  # the standard library's name
            fallback: D = ...,
        ) -> T_co | D:
            """Return the value, or the fallback if there is no such option.

            Raises:
                ConfigError: If the value is not of the type; it names section, option, value and place.
                configparser.NoSectionError: If there is no such section, and no fallback.
                configparser.NoOptionError: If there is no such option, and no fallback.
            """


def _typed(convert: Callable[..., Any]) -> Callable[..., Any]:
    def get(self: Any, section: str, option: str, **options: Any) -> Any:
        how = {name: options.pop(name) for name in ("raw", "vars") if name in options}
        fallback = options.pop("fallback", _NO_FALLBACK)
        try:
            value = self.get(section, option, **how)
        except (configparser.NoSectionError, configparser.NoOptionError):
            if fallback is _NO_FALLBACK:
                raise
            return fallback
        try:
            return convert(value, **options)
        except ValueError as e:
            raise self.mistake(section, option, value, f"expected {e}") from None

    get.__doc__ = (convert.__doc__ or "").replace("Return", "Return the value of an option,", 1)
    return get


_NO_FALLBACK: Any = object()


class TypedGetters:
    """Typed getters; the proxies of sections (`Config["web"].getseconds("timeout")`) have them too.

    `getint`, `getfloat` and `getboolean` have the signatures of the standard library.
    """

    if TYPE_CHECKING:
        getseconds: Getter[float]
        getbytes: Getter[int]
        getlist: Getter[list[str]]
        getmultiline: Getter[list[str]]
        geturl: Getter[str]
    else:
        getint = _typed(values.integer)
        getfloat = _typed(values.number)
        getboolean = _typed(values.boolean)
        getseconds = _typed(values.seconds)
        getbytes = _typed(values.size)
        getlist = _typed(values.items)
        getmultiline = _typed(values.lines)
        geturl = _typed(values.url)
