"""Keys of aiohttp's mappings that are found under a plain name too.

aiohttp warns about plain strings as keys, because two libraries may pick the same one, and asks for key objects.
Applications read `webapp["app"]` and `request["Session"]`. A key object that equals its name serves both, and nobody
is warned.
"""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web

T = TypeVar("T")


class _Named:
    """What equals its name."""

    def __init__(self, name: str, type_: type) -> None:
        super().__init__(name, type_)  # type: ignore[call-arg]  # the key of aiohttp beside it
        self._plain_name = name

    def __eq__(self, other: object) -> bool:
        return self is other or self._plain_name == other

    def __hash__(self) -> int:
        return hash(self._plain_name)


class NamedAppKey(_Named, web.AppKey[T]):
    """A key of an aiohttp application that equals its name."""


class NamedRequestKey(_Named, web.RequestKey[T]):
    """A key of an aiohttp request that equals its name."""
