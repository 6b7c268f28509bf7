"""What a `PersistentDict` stores for a key or a value, and back.

The rule: what is read equals what was written, type and all; what cannot be brought back so is refused. No code runs
from what is read.

SQLite keeps text, 64-bit integers, floats, bytes and NULL as they are. All else becomes JSON in which an object of one
member tells the type, as in `{"t": [1, 2]}` for a tuple.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone, tzinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Native = str | int | float | bytes | None

_INT64 = 2**63
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPOUND = "\0"  # begins the lookup of a key that is not native


def encode(value: Any) -> tuple[bool, Native]:
    """Return whether the value is stored as JSON, and what is stored.

    Raises:
        TypeError: If the value, or something in it, is of a type that cannot be brought back unchanged.
    """
    if _is_native(value):
        return False, value
    return True, _dumps(value)


def decode(is_json: bool, stored: Native) -> Any:
    """Return the value of what `encode` gave."""
    return _from_json(json.loads(stored)) if is_json else stored  # type: ignore[arg-type]


def encode_key(key: Any) -> tuple[Native, str | None]:
    """Return what a key is looked up by, and how it is written where that is not the key itself.

    Keys that are equal, such as `1`, `1.0` and `True`, have one lookup.

    Raises:
        TypeError: As for `encode`, and for keys that a dict does not take either.
    """
    if type(key) is str and key.isascii() and key[:1] != _COMPOUND:
        return key, None  # what most keys are, without a detour
    hash(key)
    same = _canonical(key)
    if _is_native(same) and same is not None and not (isinstance(same, str) and same.startswith(_COMPOUND)):
        lookup: Native = same
    else:
        lookup = _COMPOUND + _dumps(same)
    if type(key) is type(lookup) and key == lookup:
        return lookup, None
    return lookup, _dumps(key)


def decode_key(lookup: Native, written: str | None) -> Any:
    """Return the key of what `encode_key` gave."""
    return lookup if written is None else _from_json(json.loads(written))


def _is_native(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        return _is_unicode(value)
    if kind is int:
        return bool(-_INT64 <= value < _INT64)
    if kind is float:
        return math.isfinite(value) and (bool(value) or math.copysign(1, value) > 0)
    return value is None or kind is bytes


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _dumps(value: Any) -> str:
    try:
        return json.dumps(_to_json(value), separators=(",", ":"))
    except RecursionError:
        raise TypeError("a value that contains itself, or is nested too deeply, cannot be stored") from None


def _to_json(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or kind is float or value is None:
        return value
    if kind is int:
        return value if -_INT64 <= value < _INT64 else {"i": hex(value)}
    if kind is list:
        return [_to_json(item) for item in value]
    if kind is dict:
        return {"d": [[_to_json(key), _to_json(item)] for key, item in value.items()]}
    if kind in _TAGS:
        return {_TAGS[kind]: [_to_json(item) for item in value]}
    if kind is bytes:
        return {"b": value.hex()}
    if kind is datetime:
        return {"w": [value.replace(tzinfo=None).isoformat(), value.fold, _zone_to_json(value.tzinfo)]}
    raise TypeError(
        f"{value!r} cannot be stored: objects of {kind.__module__}.{kind.__qualname__} cannot be brought back unchanged"
    )


_TAGS: dict[type, str] = {tuple: "t", set: "s", frozenset: "f"}
_TYPES: dict[str, Any] = {tag: kind for kind, tag in _TAGS.items()}


def _from_json(data: Any) -> Any:
    if isinstance(data, list):
        return [_from_json(item) for item in data]
    if not isinstance(data, dict):
        return data
    ((tag, content),) = data.items()
    if tag == "d":
        return {_from_json(key): _from_json(item) for key, item in content}
    if tag == "i":
        return int(content, 16)
    if tag == "b":
        return bytes.fromhex(content)
    if tag == "w":
        text, fold, zone = content
        return datetime.fromisoformat(text).replace(fold=fold, tzinfo=_zone_from_json(zone))
    return _TYPES[tag](_from_json(item) for item in content)


def _zone_to_json(zone: tzinfo | None) -> Any:
    if zone is None:
        return None
    if type(zone) is timezone:
        offset = zone.utcoffset(None)
        name = zone.tzname(None)
        return [offset.total_seconds(), None if name == timezone(offset).tzname(None) else name]
    key = getattr(zone, "key", None)
    if isinstance(key, str):
        return key
    raise TypeError(f"a datetime of the zone {zone!r} cannot be stored: use datetime.timezone or zoneinfo.ZoneInfo")


def _zone_from_json(data: Any) -> tzinfo | None:
    if data is None:
        return None
    if isinstance(data, str):
        from zoneinfo import ZoneInfo

        return ZoneInfo(data)
    offset, name = data
    return timezone(timedelta(seconds=offset)) if name is None else timezone(timedelta(seconds=offset), name)


def _canonical(key: Any) -> Any:
    """Return one key for all that are equal to it."""
    kind = type(key)
    if kind is bool or (kind is float and key.is_integer()):
        return int(key)
    if kind is float and math.isnan(key):
        raise TypeError("nan cannot be a key: it would not be found again, as it is not equal to itself")
    if kind is tuple:
        return tuple(_canonical(item) for item in key)
    if kind is frozenset:
        return {"f": sorted(_dumps(_canonical(item)) for item in key)}
    if kind is datetime:
        if key.utcoffset() is not None:
            return {"w": (key - _EPOCH) // timedelta(microseconds=1)}
        return key.replace(fold=0)
    return key
