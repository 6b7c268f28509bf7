"""Text that cannot lie: what could break or forge a line is written as an escape sequence.

The rule: no control character (C0, DEL, C1), no Unicode line separator and no lone surrogate comes through raw, the tab
and the line feed included; nor one of the nine characters that embed, override or isolate a direction of writing, which
show a line in another order than it has (CVE-2021-42574). A backslash is left alone, so that paths stay readable.
"""

from __future__ import annotations

import functools
import re

UNSAFE_BEYOND_ASCII = "\x80-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""The ranges of a regular expression: C1, line separators, directions of writing, surrogates."""

_UNSAFE = re.compile(f"[\x00-\x1f\x7f{UNSAFE_BEYOND_ASCII}]")


def escape(text: str) -> str:
    r"""Return the text on one line: a line feed as `\n`, an escape character as `\x1b`, a surrogate as `\ud800`.

    What was escaped once is not changed by a second time.
    """
    # Nearly all text is printable, and knows it at the speed of C.
    return text if text.isprintable() else _UNSAFE.sub(lambda match: _sequence(match[0]), text)


@functools.cache  # there are some 2,100 of them, and a text may be full of them
def _sequence(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def safe_str(value: object) -> str:
    """Return `str(value)`, or what can be said of an object that raises when it is asked."""
    try:
        return str(value)
    except Exception as e:  # a log call never fails because of what is logged
        return f"<{_type_name(value)} that cannot be shown: {_type_name(e)}>"


def _type_name(value: object) -> str:
    return str(type.__dict__["__name__"].__get__(type(value)))  # past a metaclass that has its own
