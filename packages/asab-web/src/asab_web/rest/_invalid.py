"""`InvalidRequest`: an HTTP error that tells what in the request is wrong, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiohttp import web

# A body with a thousand mistakes is answered with the first.
MISTAKES = 10


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong.

    Attributes:
        part: The part of the request: `body`, `query`, `path` or `headers`.
        keys: The way to the field: names, and numbers of elements.
        detail: What is wrong with it.
    """

    part: str
    keys: Sequence[str | int]
    detail: str

    @property
    def pointer(self) -> str:
        """The field as a JSON pointer in a URL's fragment, as in RFC 9457, section 3; `#` is the whole."""
        escaped = (str(key).replace("~", "~0").replace("/", "~1") for key in self.keys)
        return "".join(("#", *(f"/{key}" for key in escaped)))

    @property
    def place(self) -> str:
        """Part and field for people, as `body.items.0.count`."""
        return ".".join((self.part, *map(str, self.keys)))

    def rest_get(self) -> dict[str, str]:
        """Return it as it is answered."""
        return {"in": self.part, "pointer": self.pointer, "detail": self.detail}


class InvalidRequest(web.HTTPClientError):
    """A request that is not what the handler takes; whoever answers errors in JSON finds the mistakes in it.

    Attributes:
        mistakes: What is wrong; the first ones.
    """

    def __init__(self, status: int, mistakes: Iterable[Mistake]) -> None:
        """Make the error.

        Args:
            status: The status of the answer: 400, 415 or 422.
            mistakes: What is wrong.
        """
        self.status_code = status
        self.mistakes = list(mistakes)
        super().__init__(text="\n".join(f"{mistake.place}: {mistake.detail}" for mistake in self.mistakes))
