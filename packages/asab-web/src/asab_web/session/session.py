"""`Session`: what one browser's requests have in common.

Values are what JSON brings back unchanged, so that a session can be kept in any storage. They are held as JSON texts
and decoded when they are asked for; what differs in the end, however deep it was changed, is what is stored. So
concurrent requests that change different keys lose nothing, where the storage merges; of two that change the same key
the last wins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asab_web.session.storage import SessionStorage


# `json.dumps` would make an encoder for each value.
_compact = json.JSONEncoder(separators=(",", ":")).encode


class _Text(str):
    """The JSON of a value that nobody has asked for yet."""

    __slots__ = ()


class Session(MutableMapping[str, Any]):
    """A mapping that outlives the request; `request["Session"]`.

    It may be subclassed (`session_class=`).

    Attributes:
        Storage: Where it is kept; `.Storage.App` is the application.
        Id: The secret that the browser's cookie holds. Never log it.
        Created: When it began, in seconds since 1970 (UTC).
        MaxAge: Seconds from `Created` after which it ends, and that the browser keeps the cookie for. None: the
            storage's limit, and the cookie's.
        used: Whether the request has looked at its content, or changed it, so that the answer may depend on it.
        stored_id: The id by which the storage knows it, None if it does not; for storages.
    """

    def __init__(
        self,
        storage: SessionStorage,
        id: str,  # noqa: A002  documented
        new: bool,
        max_age: float | None = None,
    ) -> None:
        """Make an empty session; called by its storage."""
        self.Storage: SessionStorage = storage
        self.Id: str = id
        self.Created: float = storage.time()
        self.MaxAge: float | None = max_age
        self.stored_id: str | None = None if new else id
        self._stored_max_age = max_age
        self._stored: Mapping[str, str] = {}
        self._values: dict[str, Any] = {}
        self._ended: list[str] = []
        self._touched = False
        self.used: bool = False

    def is_new(self) -> bool:
        """Tell whether no browser knows its id yet."""
        return self.Id != self.stored_id

    def is_expired(self) -> bool:
        """Tell whether its time is over, however much it was used; idle ones the storage forgets."""
        limit = self.Storage.max_age if self.MaxAge is None else self.MaxAge
        return self.Storage.time() >= self.Created + limit

    def rotate(self) -> None:
        """Give it a new id and forget the old one, as is due at login: who knew the old id gains nothing.

        It takes effect with the answer. What concurrent requests have stored meanwhile comes along; if one of them has
        ended the session, this one does not bring it back.
        """
        self.Id = self.Storage.new_id()
        self.used = True

    def invalidate(self) -> None:
        """Forget it and its content, as is due at logout. What is written afterwards begins another session.

        The storage forgets it even when the handler fails afterwards.
        """
        if self.stored_id is not None:
            self._ended.append(self.stored_id)
        self.rotate()
        self.stored_id = None
        self._stored = {}
        self._values = {}
        self.Created = self.Storage.time()
        self.MaxAge = self._stored_max_age = None

    def touch(self) -> None:
        """Have the storage save it with this answer, changed or not; for storages."""
        self._touched = True

    def is_changed(self) -> bool:
        """Tell whether the storage has something to save."""
        rotated = self.stored_id is not None and self.is_new()
        return rotated or self._touched or self.is_max_age_changed() or bool(self.changes())

    def is_max_age_changed(self) -> bool:
        """Tell whether `MaxAge` is not what the storage has."""
        return self.MaxAge != self._stored_max_age

    def ended(self) -> list[str]:
        """Return the ids that the storage has to forget since `invalidate`."""
        return list(self._ended)

    def changes(self) -> dict[str, str | None]:
        """Return what the storage does not have yet: the JSON of each changed value, None for a removed one.

        Raises:
            TypeError: If something that JSON cannot hold was put into a value; it names the key.
        """
        texts = self.texts()
        changed: dict[str, str | None] = {k: text for k, text in texts.items() if self._stored.get(k) != text}
        return changed | dict.fromkeys(self._stored.keys() - texts.keys())

    def texts(self) -> dict[str, str]:
        """Return the JSON of each value, as this request sees it.

        Raises:
            TypeError: As `changes`.
        """
        return {k: v if isinstance(v, _Text) else _encode(k, v) for k, v in self._values.items()}

    def restore(self, created: float, texts: Mapping[str, str]) -> None:
        """Take over what a storage has kept; called by it.

        Args:
            created: When the session began, in seconds since 1970 (UTC).
            texts: The JSON of each value.
        """
        self.Created = created
        self._stored = dict(texts)
        self._values = {key: _Text(text) for key, text in texts.items()}

    def __getitem__(self, key: str) -> Any:
        """Return a value, or raise `KeyError`."""
        self.used = True
        value = self._values[key]
        if isinstance(value, _Text):
            value = self._values[key] = json.loads(value)
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        """Set a value; a `TypeError` unless the key is a string and JSON brings the value back unchanged."""
        if not isinstance(key, str):
            raise TypeError(f"session[{key!r}]: a key has to be a string")
        if json.loads(_encode(key, value)) != value:
            raise TypeError(f"session[{key!r}]: JSON does not bring this {type(value).__name__} back unchanged")
        self.used = True
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        """Remove a value, or raise `KeyError`."""
        self.used = True
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        self.used = True
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of values."""
        self.used = True
        return len(self._values)

    def __repr__(self) -> str:
        """Leave out the id and the content, which are secret."""
        return f"<{type(self).__name__} of {len(self)} values>"


def _encode(key: str, value: Any) -> str:
    try:
        return _compact(value)
    except (TypeError, ValueError, RecursionError) as exc:
        raise TypeError(f"session[{key!r}]: JSON cannot hold it: {exc}") from None
