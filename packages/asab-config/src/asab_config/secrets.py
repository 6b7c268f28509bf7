"""Values that are not to be shown: wherever a configuration is printed or logged, they go through here.

An option is secret by its name (`*password*`, `*secret*`, `*token*` and the like), so is the password in a URL, and
whatever a text calls by such a name, as in `https://host/?token=x` or `host=db password=x`.
"""

from __future__ import annotations

import re

_WORDS = "passw|passphrase|secret|token|credential|api_?key|private_?key"
_NAMES = re.compile(_WORDS)
_URL_PASSWORD = re.compile(r"(?P<before>://[^/\s:@]*:)[^/\s]*(?=@)")
_PARAMETER = re.compile(rf"(?P<before>(?:^|[?&;,\s])[\w.-]*(?:{_WORDS})[\w.-]*=)[^&;,\s]+", re.IGNORECASE)

MASK = "***"


def is_secret(option: str) -> bool:
    """Return whether an option's value is not to be shown, by the option's name."""
    return _NAMES.search(option.lower()) is not None


def mask(option: str, value: str) -> str:
    """Return a value as it may be shown.

    Args:
        option: The option's name.
        value: Its value; one that comes from a file or the environment by reference should be given unexpanded.
    """
    if is_secret(option) and value:
        return MASK
    return _PARAMETER.sub(rf"\g<before>{MASK}", _URL_PASSWORD.sub(rf"\g<before>{MASK}", value))
