"""How much is in queues: the server is asked, without a consumer and without a change of anything."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from asab_mom._errors import ChannelError
from asab_mom._line import Line, State
from asab_mom._subscription import Depth


async def depths(line: Line, queues: Sequence[str]) -> dict[str, Depth]:
    """Return the depths of queues by name; of those that cannot be asked for, and while there is no line, none.

    Raises:
        LineError: If the line breaks meanwhile.
    """
    if line.state is not State.OPEN:
        return {}
    connection = await line.connection()
    found = {}
    for queue in queues:
        with contextlib.suppress(ChannelError):  # it is gone, and its channel with it
            async with connection.open_channel() as channel:
                answer = await channel.call(channel.queue_declare, queue, passive=True)
                found[queue] = Depth(answer["message_count"], answer["consumer_count"])
    return found
