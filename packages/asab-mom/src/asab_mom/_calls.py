"""`Calls`: questions that wait for their answers, and the errors that end them.

The rules:

1. A question has an id that nobody can guess; an answer with another one is late, or nobody's: it is discarded.
2. A call ends with its answer, its timeout, the report that its handler has failed, a line that breaks, or the end of
   the broker: whichever is first. Nothing of it stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from asab_mom.properties import Properties
from asab_utils.time_limit import time_limit

REPORT = "x-report-failure"
"""Header of a question: whoever fails to handle it sends an answer that says so."""
FAILURE = "x-failure"
"""Header of such an answer: what has failed."""

LONGEST_TIMEOUT = 86400.0


class CallError(Exception):
    """A call that has no answer. The message may have been handled all the same."""


class CallTimeoutError(CallError, TimeoutError):
    """A call whose answer has not come in time."""


class CallFailedError(CallError):
    """A call whose message has reached the other side, and has failed there; its log says more.

    Attributes:
        reason: The name of the exception, or `no handler`.
    """

    def __init__(self, reason: str) -> None:
        """Take what the other side says.

        Args:
            reason: The name of the exception, or `no handler`.
        """
        super().__init__(f"the message was not handled: {reason}")
        self.reason = reason

    def __reduce__(self) -> tuple[type[CallFailedError], tuple[str]]:
        """Let it be copied and pickled."""
        return type(self), (self.reason,)


class Calls:
    """The questions of a broker that have no answer yet."""

    def __init__(self, count: Callable[[str], None]) -> None:
        """Begin without any.

        Args:
            count: Called with `late_replies` for each answer that nobody waits for.
        """
        self._count = count
        self._pending: dict[str, asyncio.Future[bytes]] = {}
        self._closed = False

    async def call(self, ask: Callable[[str], Coroutine[Any, Any, None]], target: str, timeout: float) -> bytes:
        """Ask, and return the answer.

        Args:
            ask: Sends the question, with the correlation id that it is called with.
            target: What is asked, for the error.
            timeout: Seconds.

        Raises:
            CallError: If there is no answer; as rule 2 says.
            ValueError: If `timeout` is not more than 0, or more than a day.
        """
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise ValueError(f"timeout = {timeout!r}: must be more than 0 s and at most {LONGEST_TIMEOUT:g} s")
        if self._closed:
            raise CallError("the broker is closed")
        try:
            async with time_limit(timeout):
                with self._question() as (correlation_id, answer):
                    return await _first(ask(correlation_id), answer)
        except TimeoutError:
            raise CallTimeoutError(f"no reply from target {target!r} within {timeout:g} s") from None

    @contextlib.contextmanager
    def _question(self) -> Iterator[tuple[str, asyncio.Future[bytes]]]:
        correlation_id = secrets.token_hex(16)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[correlation_id] = answer
        try:
            yield correlation_id, answer
        finally:
            self._pending.pop(correlation_id, None)
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # seen, if something else has ended the call before

    def take(self, properties: Properties, body: bytes) -> None:
        """Take what has arrived as an answer."""
        answer = self._pending.pop(properties.correlation_id or "", None)
        if answer is None or answer.done():
            self._count("late_replies")
            return
        failure = properties.headers.get(FAILURE)
        if failure is None:
            answer.set_result(body)
        else:
            answer.set_exception(CallFailedError(str(failure)))

    def fail(self, reason: str) -> None:
        """End all calls that are pending."""
        pending, self._pending = self._pending, {}
        for answer in pending.values():
            if not answer.done():
                answer.set_exception(CallError(reason))

    def close(self) -> None:
        """End all calls, and let no more begin."""
        self._closed = True
        self.fail("the broker was closed before the answer came")


async def _first(sending: Coroutine[Any, Any, None], answer: asyncio.Future[bytes]) -> bytes:
    """Return the answer, which may come before the sending is confirmed; raise what either raises."""
    task = asyncio.ensure_future(sending)
    either: set[asyncio.Future[Any]] = {task, answer}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            task.result()
        return await answer
    finally:
        task.cancel()
        await asyncio.wait({task})
