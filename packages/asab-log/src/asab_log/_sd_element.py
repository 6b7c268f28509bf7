"""Structured data as text: one SD-ELEMENT of RFC 5424, section 6.3, whatever it is given.

Names that the RFC does not allow are made legal, values are escaped; nothing in here raises.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from math import isfinite

from asab_log._escape import escape, safe_str
from asab_log._serializable import suspect

_ILLEGAL_IN_NAME = re.compile(r'[^!-~]|[="\]]')
_NAME_LIMIT = 32
_NAMES_LIMIT = 1000
"""A program has some dozens. One that makes names of what it is sent has those above looked at each time."""
_LONG = 10**18
"""From here on `str` has to be asked whether it takes the number at all."""
_CONSTANTS = {None: "null", True: "true", False: "false"}
_JSON_TYPES = (int, float, list, tuple, dict)
_legal_names: set[str] = set()


def sd_name(name: str) -> str:
    """Return a legal SD-NAME: 1 to 32 printable ASCII characters without `=`, `"`, `]` and space.

    Args:
        name: Any text; each character that is not allowed becomes `_`.
    """
    return _ILLEGAL_IN_NAME.sub("_", name)[:_NAME_LIMIT] or "_"


def sd_element(sd_id: str, data: object) -> str:
    """Return `[sd key1="value1" key2="2"]`, or nothing for an empty mapping.

    Args:
        sd_id: A legal SD-ID.
        data: A mapping; anything else is shown as the value of a single parameter named `struct_data`.
    """
    params = ""
    for name, value in list(data.items()) if type(data) is dict else items(data):
        # What nearly all data are is done in here: a function for each name and value would cost a third more.
        if type(value) is int and -_LONG < value < _LONG:
            text = str(value)
        elif type(value) is str and value.isalnum():
            text = value
        else:
            text = escape(value if type(value) is str else _value_text(value))
            text = text.replace("\\", r"\\").replace('"', r"\"").replace("]", r"\]")
        if type(name) is not str or name not in _legal_names:
            name = _legal_name(name)
        params += f' {name}="{text}"'
    return f"[{sd_id}{params}]" if params else ""


def _legal_name(name: object) -> str:
    legal = sd_name(name if isinstance(name, str) else _as_text(name))
    if type(name) is str and name == legal and len(_legal_names) < _NAMES_LIMIT:
        _legal_names.add(legal)
    return legal


def items(data: object) -> list[tuple[object, object]]:
    """Return the items of structured data, whatever they are: what is no mapping is the value of `struct_data`."""
    if type(data) is dict:
        return list(data.items())
    try:
        return list(data.items()) if isinstance(data, Mapping) else [("struct_data", data)]
    except Exception:  # a mapping of somebody else's making, or an object that does not even say what it is
        return [("struct_data", _as_text(data))]


def _value_text(value: object) -> str:
    """Return what JSON has a form of its own for as JSON, and anything else as text; a string is the text itself."""
    if isinstance(value, str):
        return str.__str__(value)  # also that of a member of a string enumeration
    if type(value) is float and isfinite(value):
        return repr(value)
    if value is None or value is True or value is False:
        return _CONSTANTS[value]
    if not isinstance(value, _JSON_TYPES):
        return _as_text(value)
    try:
        return _json_encoder()(value)
    except Exception:  # keys that are no strings, a list that contains itself
        return _as_text(value)


@functools.cache
def _json_encoder() -> Callable[[object], str]:
    import json  # it takes a thirtieth of the start of an application, and most log no such values

    return json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_as_text).encode


def _as_text(value: object) -> str:
    suspect()
    return safe_str(value)
