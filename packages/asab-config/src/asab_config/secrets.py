"""Values that are not to be shown: wherever a configuration is printed or logged, they go through here.

An option is secret by its name (`*password*`, `*secret*`, `*token*` and the like), and so is the password in a URL.
"""

from __future__ import annotations

import re

_NAMES = re.compile("passw|passphrase|secret|token|credential|api_?key|private_?key")
_URL_PASSWORD = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:)[^/\s]*(?=@)")

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
    return _URL_PASSWORD.sub(rf"\g<before>{MASK}", value)
