"""`Inbox`: which messages were handled, so that the effect of one that comes twice happens once.

The rule: the effect and the note that it has happened are one transaction on one file. So there is no moment at which a
crash leaves one without the other. What a handler does elsewhere (another server, a reply) is outside of that
transaction and happens at least once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from asab_mom.properties import Properties

if TYPE_CHECKING:
    from asab_utils import PersistentDict

NUMBER = 100_000

_TABLE = """
CREATE TABLE IF NOT EXISTS asab_inbox (
    name TEXT NOT NULL,
    number INTEGER NOT NULL,    -- counts the messages of this name
    id TEXT NOT NULL,
    PRIMARY KEY (name, id)
) WITHOUT ROWID
"""
_INDEX = "CREATE UNIQUE INDEX IF NOT EXISTS asab_inbox_number ON asab_inbox (name, number)"
_NEXT = "SELECT coalesce(max(number), 0) + 1 FROM asab_inbox WHERE name = ?"
_INSERT = "INSERT OR IGNORE INTO asab_inbox (name, number, id) VALUES (?, ?, ?)"
_FORGET = "DELETE FROM asab_inbox WHERE name = ? AND number <= ?"


class Inbox:
    """The ids of messages that were handled, in the file of a `PersistentDict`.

    Many processes that share the file share the inbox.

    Example:
        >>> state = PersistentDict("orders.state")
        >>> inbox = Inbox(state)
        >>> async def on_order(properties, body):
        ...     def count(state):
        ...         state["orders"] = state.get("orders", 0) + 1
        ...     await inbox.once(properties, count)
    """

    def __init__(self, state: PersistentDict, name: str = "", *, number: int = NUMBER) -> None:
        """Make an inbox; what it has noted in an earlier life is known.

        Args:
            state: What the effects change. Opened with `sync=True`, they survive a power cut too.
            name: Tells the inboxes of one file apart: two handlers that may get the same message need one each.
            number: How many ids are kept, the newest; one that comes again after so many others is not recognised.

        Raises:
            ValueError: If `number` is less than 1.
            PersistentDictError: If the file cannot be written.
        """
        if number < 1:
            raise ValueError(f"number = {number!r}: an inbox keeps at least 1 id")
        self._state = state
        self._name = name
        self._number = number
        with state.transaction() as connection:
            connection.execute(_TABLE)
            connection.execute(_INDEX)

    async def once(self, message: Properties | str, effect: Callable[[PersistentDict], object]) -> bool:
        """Have an effect, unless the message has had it before.

        The effect is called in a thread, within `PersistentDict.transaction`: other effects and writers wait until it
        has returned, and it sees all that they have done. When it raises, or the process dies, nothing has happened.
        When this call is cancelled, the effect may happen or not, and is known afterwards if it did.

        Args:
            message: The properties of the message, which is known by its `message_id`; or another identity of yours.
            effect: A plain function, called with the dictionary; what it changes there happens once.

        Returns:
            Whether the effect has happened now.

        Raises:
            ValueError: If the message has no `message_id`.
            PersistentDictError: If the file cannot be written. What the effect raises is raised too.
        """
        identity = message.message_id if isinstance(message, Properties) else message
        if not identity:
            raise ValueError("the message has no message_id to know it by; call once() with an identity of your own")
        return await asyncio.to_thread(self._once, identity, effect)

    def _once(self, identity: str, effect: Callable[[PersistentDict], object]) -> bool:
        with self._state.transaction() as connection:
            number = connection.execute(_NEXT, (self._name,)).fetchone()[0]
            if not connection.execute(_INSERT, (self._name, number, identity)).rowcount:
                return False
            connection.execute(_FORGET, (self._name, number - self._number))
            effect(self._state)
        return True
