"""The watchdog of the event loop: how long the loop was busy in one go, and who blocks it.

The rules:

1. A turn of the loop begins when it stops waiting and ends when it waits again. A turn that lasts longer than
   `[general] loop_watchdog` is a block; the log names once, while it lasts, the line at which it stands.
2. Nothing is sent to the loop, which would wake it: its selector notes the turns, and the thread looks at the notes.
   While the loop waits, so does the thread.
3. The time that a suspended machine or a stopped process lost is nobody's block: then the clock goes on, and the
   processor's does not.
4. There is no thread under a debugger, and none for a loop that is not ours, such as one with a virtual clock.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import sys
import threading
import time
from time import monotonic

from asab_config import Config, ConfigParser
from asab_log import get_logger

Config.add_layer_defaults({"general": {"loop_watchdog": "0.3"}})

L = get_logger(__name__)

FIRST_LOOK = 0.8
"""The share of the threshold after which the thread looks first; so a block that ends at the threshold has a name."""

LEAST_SHARE = 0.1
"""What a process that works gets of a processor, even on a machine with far too much to do; a stopped one has none."""

DEPTH = 6
"""How many calls of a block are told, from the innermost."""

LIBRARY = os.path.dirname(os.__file__)

LOOP_MODULES = ("asyncio.events", "asyncio.base_events")
"""Whose frames are the loop itself."""

_select = selectors.DefaultSelector.select


def threshold(config: ConfigParser = Config) -> float:
    """Return `[general] loop_watchdog` in seconds; 0 is off."""
    return config.getseconds("general", "loop_watchdog")


Config.add_check(threshold)


class Turns(selectors.DefaultSelector):
    """The selector of a watched loop; what it adds to a turn is a fraction of a microsecond.

    Attributes:
        since: When the turn began, by the monotonic clock; None while the loop waits.
        parked: Whether the thread waits for the next turn.
        suspected: Whether the thread wants to know how long this turn becomes.
        block: The last turn of which it wanted to know that: its beginning and its length, in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.since: float | None = None
        self.parked = False
        self.suspected = False
        self.news = threading.Event()
        self.block = (0.0, 0.0)
        self._longest = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """End a turn, wait, and begin the next."""
        if self.suspected:
            self._note()
        self.since = None
        ready = _select(self, timeout)
        self.since = monotonic()
        if self.parked:
            self.parked = False
            self.news.set()
        return ready

    def take_longest(self) -> float:
        """Return the length of the longest suspected turn since the last call, in seconds; 0 if there was none."""
        longest, self._longest = self._longest, 0.0
        return longest

    def _note(self) -> None:
        self.suspected = False
        if self.since is not None:
            self.block = (self.since, monotonic() - self.since)
            self._longest = max(self._longest, self.block[1])


class WatchedLoop(asyncio.SelectorEventLoop):
    """The system's event loop, with notes about its turns."""

    def __init__(self) -> None:
        self.turns = Turns()
        super().__init__(self.turns)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a watched loop, or what else the system or the event loop policy wants to have."""
    loop = asyncio.new_event_loop()
    if type(loop) is not asyncio.SelectorEventLoop:
        return loop
    loop.close()
    return WatchedLoop()


def take_longest(loop: asyncio.AbstractEventLoop) -> float:
    """Return the length of the longest turn since the last call, in seconds; 0 if none came near the threshold."""
    return loop.turns.take_longest() if isinstance(loop, WatchedLoop) else 0.0


class Place:
    """Where a call stands."""

    def __init__(self, file: str, line: int, function: str) -> None:
        self.file = file
        self.line = line
        self.function = function

    def __str__(self) -> str:
        return f"{self.function} ({self.file}:{self.line})"


class Watchdog:
    """The thread."""

    def __init__(self, limit: float) -> None:
        """Make it; `start` starts it.

        Args:
            limit: How long a turn may last, in seconds; 0 for no watchdog.
        """
        self._limit = limit
        self._ended = False
        self._resumed = 0.0
        self._thread: threading.Thread | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch a loop, which is about to run in the calling thread."""
        if not self._limit or not isinstance(loop, WatchedLoop) or _debugging():
            return
        self._turns = loop.turns
        self._watched = threading.get_ident()
        self._thread = threading.Thread(target=self._run, name="asab-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended = True
        if self._thread is not None:
            self._turns.news.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        since: float | None = None
        while (since := self._next_turn(since)) is not None:
            self._watch(since)

    def _next_turn(self, seen: float | None) -> float | None:
        """Wait until the loop is in another turn; return its beginning, or None at the end."""
        turns = self._turns
        while not self._ended:
            turns.news.clear()
            turns.parked = True  # from here on the next turn sets the news
            since = turns.since
            if since is not None and since != seen:
                turns.parked = False
                return since
            processor = time.process_time()
            if not self._ended:
                turns.news.wait()
                self._note_pause(turns.since or monotonic(), processor)
        return None

    def _watch(self, since: float) -> None:
        """See a turn through as long as it matters; if it gets too long, say where it stands."""
        places: list[Place] = []
        for share in (FIRST_LOOK, 1.0):
            self._sleep_until(since, share * self._limit)
            if self._ended or self._turns.since != since:
                break
            self._turns.suspected = True
            places = self._look()
        lasts = self._turns.since == since
        begin, length = (since, monotonic() - max(since, self._resumed)) if lasts else self._turns.block
        paused = not lasts and self._resumed > since  # then nobody knows what of it was the block
        if places and begin == since and length >= self._limit and not paused:
            _blame(places, length)

    def _sleep_until(self, since: float, length: float) -> None:
        """Sleep until a turn has lasted so long, without what a pause has taken from it."""
        while (due := max(since, self._resumed) + length) > monotonic():
            self._turns.news.clear()
            if self._ended:
                return
            processor = time.process_time()
            self._turns.news.wait(due - monotonic())
            self._note_pause(due, processor)

    def _note_pause(self, due: float, processor: float) -> None:
        """Note that the process was stopped, if it woke too late and has not worked meanwhile."""
        late = monotonic() - due
        if late > self._limit / 2 and time.process_time() - processor < late * LEAST_SHARE:
            self._resumed = monotonic()

    def _look(self) -> list[Place]:
        """Return where the loop's thread stands, the innermost call first; nothing if a debugger holds it."""
        frame = sys._current_frames().get(self._watched)
        places: list[Place] = []
        while frame is not None and frame.f_globals.get("__name__") not in LOOP_MODULES:
            if frame.f_trace is not None:
                return []
            places.append(Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
            frame = frame.f_back
        return [] if _debugging() else places or [Place("?", 0, "a callback that is not written in Python")]


def _blame(places: list[Place], length: float) -> None:
    culprit = next((place for place in places if not place.file.startswith(LIBRARY)), places[0])
    way = " > ".join(map(str, reversed(places[:DEPTH])))
    L.warning(
        "The event loop has been blocked for %.2f s by %s: %s",
        length,
        culprit,
        way,
        struct_data={"file": culprit.file, "line": culprit.line, "function": culprit.function},
    )


def _debugging() -> bool:
    """Return whether somebody steps through the program; `sys.monitoring` is the way of newer debuggers."""
    if sys.gettrace() is not None:
        return True
    return sys.version_info >= (3, 12) and sys.monitoring.get_tool(sys.monitoring.DEBUGGER_ID) is not None
