"""The service that remembers what is watched, and how it does."""

from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import asab


@dataclass(frozen=True)
class Watched:
    """A URL that is watched.

    Attributes:
        url: The URL.
        text: What the last check has seen.
        ok: Whether that was fine; None before the first check.
        since: Since when it is so, in seconds since the epoch (UTC).
        took: The time that the last check took, in seconds.
    """

    url: str
    text: str = "not checked yet"
    ok: bool | None = None
    since: float = 0.0
    took: float = 0.0


class StoreService(asab.Service):
    """Keeps it all in a file."""

    async def initialize(self, app: asab.Application) -> None:
        """Open the file."""
        self._state = asab.PersistentDict(asab.Config["watcher"]["state"])

    def add(self, url: str) -> None:
        """Begin to watch a URL; one that is watched already goes on as it is.

        Raises:
            ValueError: If it is none that can be asked over HTTP.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > 2000:
            raise ValueError(f"{url[:200]!r} is no URL such as https://example.com/")
        self._state.setdefault(url, asdict(Watched(url)))

    def remove(self, url: str) -> None:
        """Forget a URL."""
        self._state.pop(url, None)

    def get(self, url: str) -> Watched | None:
        """Return what is known of a URL."""
        known = self._state.get(url)
        return Watched(**known) if known else None

    def put(self, watched: Watched) -> None:
        """Store what is known of a URL."""
        self._state[watched.url] = asdict(watched)

    def all(self) -> list[Watched]:
        """Return everything, in the order in which it was added."""
        return [Watched(**known) for known in self._state.values()]

    async def finalize(self, app: asab.Application) -> None:
        """Close the file."""
        self._state.close()
