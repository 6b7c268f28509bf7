"""A value that a server has to be asked for, while somebody looks."""

from __future__ import annotations

import asyncio

from asab_app.refreshed import Refreshed
from asab_utils.testing import VirtualLoop


def test_it_is_asked_for_while_somebody_looks_and_not_too_often() -> None:
    """However many look, the server is asked once in a while; what cannot be had is not shown as if it still held."""
    loop = VirtualLoop()
    asked: list[float] = []

    async def ask() -> int:
        await asyncio.sleep(0.5)
        asked.append(loop.time())
        if len(asked) == 3:
            raise OSError("the server is away")
        return len(asked)

    async def scenario() -> None:
        value = Refreshed(loop, ask, -1, 5)
        await asyncio.sleep(100)
        assert asked == []
        seen = []
        for _ in range(20):
            seen += [value.look(), value.look()]
            await asyncio.sleep(1)
        assert seen == [-1] * 2 + [1] * 12 + [2] * 12 + [-1] * 12 + [4] * 2
        await value.close()
        assert len(asyncio.all_tasks()) == 1

    loop.run_until_complete(scenario())
    loop.close()
