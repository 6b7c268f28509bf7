"""Asking a URL how it does."""

import time
from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        text: The status, as `200`, or why there is none.
        ok: Whether that is fine.
        took: The time it took, in seconds.
    """

    text: str
    ok: bool
    took: float


async def fetch(url: str, timeout: float) -> Answer:
    """Ask for a URL, following redirects; whatever goes wrong is an answer too."""
    started = time.perf_counter()
    try:
        limit = aiohttp.ClientTimeout(total=timeout)
        async with aiohttp.ClientSession(timeout=limit) as client, client.get(url) as response:
            text, ok = str(response.status), response.ok
    except TimeoutError:
        text, ok = f"no answer within {timeout:g} s", False
    except (aiohttp.ClientError, ValueError) as e:
        text, ok = str(e) or type(e).__name__, False
    return Answer(text, ok, time.perf_counter() - started)
