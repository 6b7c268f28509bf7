"""What pydantic says about a request, as mistakes. This file needs pydantic."""

from __future__ import annotations

import pydantic

from asab_web.rest._invalid import MISTAKES, Mistake

# To list them takes a microsecond each, in which the event loop does nothing else.
_TOO_MANY = 10_000


def mistakes(part: str, error: pydantic.ValidationError) -> list[Mistake]:
    """Return the first mistakes, without the values: these are the client's, and may be secrets.

    Args:
        part: The part of the request.
        error: What pydantic found there.
    """
    if (count := error.error_count()) > _TOO_MANY:
        return [Mistake(part, (), f"{count} values are wrong")]
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [Mistake(part, each["loc"], each["msg"]) for each in found[:MISTAKES]]
