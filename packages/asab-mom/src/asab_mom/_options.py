"""Options of a broker: read, and refused with their section and name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from asab_config import ConfigError, ConfigObject
from asab_mom._failures import LONGEST_DELAY, Policy

N = TypeVar("N", int, float)


def number(owner: ConfigObject, get: Callable[[str], N], option: str, least: float, most: float = math.inf) -> N:
    """Return a number.

    Raises:
        ConfigError: If it is out of its range.
    """
    value = get(option)
    if not least <= value <= most:
        limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ConfigError(f"[{owner.Config.name}] {option} = {value!r}: must be {limits}")
    return value


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
        raise ConfigError(f"[{owner.Config.name}] {option} = {value!r}: must be one of {', '.join(values)}")
    return value
