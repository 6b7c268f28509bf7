"""Text that cannot lie: what could break or forge a line is written as an escape sequence.

The rule: no control character (C0, DEL, C1), no Unicode line separator and no lone surrogate comes through raw, the tab
and the line feed included. A backslash is left alone, so that paths stay readable.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def escape(text: str) -> str:
    r"""Return the text on one line: a line feed as `\n`, an escape character as `\x1b`, a surrogate as `\ud800`.

    What was escaped once is not changed by a second time.
    """
    # Nearly all text is printable, and knows it at the speed of C.
    return text if text.isprintable() else _UNSAFE.sub(_sequence, text)


def _sequence(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def safe_str(value: object) -> str:
    """Return `str(value)`, or what can be said of an object that raises when it is asked."""
    try:
        return str(value)
    except Exception as e:  # a log call never fails because of what is logged
        return f"<{_type_name(value)} that cannot be shown: {_type_name(e)}>"


def _type_name(value: object) -> str:
    return str(type.__dict__["__name__"].__get__(type(value)))  # past a metaclass that has its own
