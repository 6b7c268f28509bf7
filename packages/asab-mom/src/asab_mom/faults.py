"""`Faults`: what goes wrong in a `MemoryBroker`, by chance and yet the same in each run."""

from __future__ import annotations

import random

LONGEST_HOLD = 8


class Faults:
    """Chances, from 0 (never) to less than 1, that a message meets one of the faults of a real broker.

    They come from one generator: a program that does the same in the same order meets the same faults. What holds with
    any broker holds with them too: an accepted message arrives at least once, a call fails rather than hangs. A handler
    that is to bear them looks at `properties.message_id`, which stays the same.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        redeliver: float = 0.0,
        reorder: float = 0.0,
        break_line: float = 0.0,
        cancel_consumer: float = 0.0,
        outage: float = 0.0,
    ) -> None:
        """Begin the series of a seed.

        Args:
            seed: Another one is another series.
            redeliver: That a message which was handled is delivered again: its acknowledgement was lost.
            reorder: That a message is held back, so that up to eight others may overtake it.
            break_line: That the line breaks while a message is sent. It is sent again, and arrives once or twice; all
                that is being handled is delivered again; calls fail.
            cancel_consumer: That the server cancels the consumer that has just got a message. It subscribes again, and
                what it was handling is delivered again.
            outage: Seconds that a broken line is away; 0 is until other tasks have had their turn.

        Raises:
            ValueError: If a chance is not from 0 to less than 1, or `outage` is negative.
        """
        chances = {
            "redeliver": redeliver,
            "reorder": reorder,
            "break_line": break_line,
            "cancel_consumer": cancel_consumer,
        }
        for name, chance in chances.items():
            if not 0 <= chance < 1:
                raise ValueError(f"{name} = {chance!r}: a chance is from 0 to less than 1")
        if outage < 0:
            raise ValueError(f"outage = {outage!r}: must be at least 0 s")
        self.outage = outage
        self._chances = chances
        self._random = random.Random(seed)  # noqa: S311 - to be the same each time is its purpose

    def redelivers(self) -> bool:
        """Return whether the acknowledgement of this message is lost."""
        return self._happens("redeliver")

    def holds(self) -> int:
        """Return for how many turns of the event loop this message is held back."""
        return self._random.randint(1, LONGEST_HOLD) if self._happens("reorder") else 0

    def breaks_line(self) -> bool:
        """Return whether the line breaks over this message."""
        return self._happens("break_line")

    def arrives(self) -> bool:
        """Return whether a message over which the line breaks has got through."""
        return self._random.random() < 0.5

    def cancels_consumer(self) -> bool:
        """Return whether this message is the last that its consumer gets."""
        return self._happens("cancel_consumer")

    def _happens(self, name: str) -> bool:
        chance = self._chances[name]
        return chance > 0 and self._random.random() < chance
