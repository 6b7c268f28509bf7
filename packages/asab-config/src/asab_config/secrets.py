"""Values that are not to be shown: wherever a configuration is printed or logged, they go through here.

An option is secret by its name (`*password*`, `*secret*`, `*token*` and the like), so is the password in a URL,
whatever a text calls by such a name, as in `https://host/?token=x` or `host=db password=x`, and a private key.
"""

from __future__ import annotations

import re

_KEYS = "(?:access|account|api|encryption|private|session|shared|signing)_?key"
_WORDS = f"passw|passphrase|pwd|pass(?![a-z])|secret|token|credential|authorization|{_KEYS}"
_NAMES = re.compile(_WORDS)
# A password may have a slash, though it should be quoted there; digits and a slash are a port and a path.
_URL_PASSWORD = re.compile(r"(?P<before>://[^/\s:@]*:)(?:[^/\s]*|(?!\d+/)[^\s@,:]*)(?=@)")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
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
    if value and (is_secret(option) or _PEM.search(value)):
        return MASK
    return _PARAMETER.sub(rf"\g<before>{MASK}", _URL_PASSWORD.sub(rf"\g<before>{MASK}", value))
