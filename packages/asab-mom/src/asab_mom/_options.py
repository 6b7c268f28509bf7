"""Options of a broker: read, and refused with their place."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from asab_config import ConfigObject
from asab_mom._failures import LONGEST_DELAY, Policy
from asab_mom.properties import SHORT

N = TypeVar("N", int, float)


def number(owner: ConfigObject, get: Callable[[str], N], option: str, least: float, most: float = math.inf) -> N:
    """Return a number.

    Raises:
        ConfigError: If it is out of its range.
    """
    value = get(option)
    if not least <= value <= most:
        limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
        raise owner.Config.mistake(option, f"must be {limits}")
    return value


def short(owner: ConfigObject, option: str, most: int = SHORT) -> str:
    """Return a text of so many bytes at most, by default those of a short string of AMQP.

    Raises:
        ConfigError: If it is longer.
    """
    text = str(owner.Config[option])
    if len(text.encode()) > most:
        raise owner.Config.mistake(option, f"must have at most {most} bytes")
    return text


def policy(owner: ConfigObject) -> Policy:
    """Return what is done with messages that are not handled; errors as of `number`."""
    config: Any = owner.Config
    return Policy(
        retry_limit=number(owner, config.getint, "retry_limit", 0),
        retry_delay=number(owner, config.getfloat, "retry_delay", 0.001, LONGEST_DELAY),
        set_aside=_choice(owner, "on_failed", "reject", "set-aside") == "set-aside",
        unknown=_choice(owner, "on_unknown_target", "discard", "reject", "set-aside"),
    )


def _choice(owner: ConfigObject, option: str, *values: str) -> str:
    value = str(owner.Config[option])
    if value not in values:
        raise owner.Config.mistake(option, f"must be one of {', '.join(values)}")
    return value
