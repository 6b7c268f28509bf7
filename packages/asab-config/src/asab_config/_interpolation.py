"""What a value may hold besides its text: environment variables and the two escapes.

`${NAME}` and `$NAME` stand for the environment variable; one that is not set stays as it is written. `$$` and `%%`
are a literal `$` and `%`; a lone one stays as it is. A value is expanded each time it is asked for.
"""

from __future__ import annotations

import configparser
import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_SPECIAL = re.compile(r"\$\$|%%|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")


def expand(value: str) -> str:
    """Return the value with environment variables and escapes replaced."""
    if "$" not in value and "%" not in value:
        return value
    return _SPECIAL.sub(_replacement, value)


def _replacement(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    if name is None:
        return match[0][0]
    return os.environ.get(name, match[0])


class EnvironmentInterpolation(configparser.Interpolation):
    """Hands every value that is read through `expand`."""

    def before_get(
        self,
        parser: MutableMapping[str, Mapping[str, str]],
        section: str,
        option: str,
        value: str,
        defaults: Mapping[str, str],
    ) -> str:
        """Return the value as the application sees it."""
        return expand(value)
