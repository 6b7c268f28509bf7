"""What a value may hold besides its text: environment variables, secret files and the two escapes.

`${NAME}` and `$NAME` stand for the environment variable; one that is not set stays as it is written. `${file:/path}`
is the content of a file without the line break at its end, as secrets are handed to containers; the path has no `$`.
`$$` and `%%` are a literal `$` and `%`; a lone one stays as it is. A value is expanded each time it is asked for.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import re

from asab_config.errors import ConfigError
from asab_config.secrets import is_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
# No path has a `$`, so that a text of many openings without an end takes no longer than it is long.
_SPECIAL = re.compile(rf"\$\$|%%|\$\{{file:(?P<file>[^}}$]+)\}}|\$\{{(?P<braced>{_NAME})\}}|\$(?P<bare>{_NAME})")


def expand(value: str) -> str:
    """Return the value with all that replaced.

    Raises:
        ConfigError: If a file cannot be read.
    """
    if "$" not in value and "%" not in value:
        return value
    return _SPECIAL.sub(_replacement, value)


def escape(text: str) -> str:
    """Return a value that expands to the text."""
    return text.replace("$", "$$").replace("%", "%%")


def references(value: str) -> list[str]:
    """Return what a value takes from elsewhere, as it is written: `${HOME}`, `${file:/run/secrets/x}`."""
    return [match[0] for match in _SPECIAL.finditer(value) if match.lastgroup is not None]


def conceal(value: str, written: str) -> str:
    """Return a value for people: what it has from a secret file, or a secret variable, is shown as it is written.

    Args:
        value: What the option came to, or a part of it.
        written: What the configuration says.
    """
    for match in _SPECIAL.finditer(written):
        if match["file"] is None and not is_secret(match["braced"] or match["bare"] or ""):
            continue
        with contextlib.suppress(ConfigError):
            content = _replacement(match)
            secret = content.strip()
            if value.strip() and secret:
                value = match[0] if value.strip() in secret else value.replace(secret, match[0])
    return value


def _replacement(match: re.Match[str]) -> str:
    if match["file"] is not None:
        return _content(match["file"])
    name = match["braced"] or match["bare"]
    if name is None:
        return match[0][0]
    return os.environ.get(name, match[0])


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as f:
            return f.read().removesuffix("\n")
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or ("it is not UTF-8 text" if isinstance(e, UnicodeDecodeError) else e)
        raise ConfigError(f"${{file:{path}}} cannot be read: {reason}") from e


class Interpolation(configparser.Interpolation):
    """Hands every value that is read through `expand`."""

    def __init__(self, mistake: Callable[[str, str, object, str], ConfigError]) -> None:
        """Take what makes the error about a value out of section, option, value and text."""
        self._mistake = mistake

    def before_get(
        self,
        parser: MutableMapping[str, Mapping[str, str]],
        section: str,
        option: str,
        value: str,
        defaults: Mapping[str, str],
    ) -> str:
        """Return the value as the application sees it.

        Raises:
            ConfigError: If a secret file cannot be read; it names section, option and place.
        """
        try:
            return expand(value)
        except ConfigError as e:
            raise self._mistake(section, option, value, str(e)) from e
