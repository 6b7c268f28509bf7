"""`RedisSessionStorage`: sessions in Redis, shared by processes and machines. It needs `asab-web[redis]`.

A session is a hash: its values in fields of their own, so that concurrent requests merge. Each step is one script, so
that it is done as a whole or not at all. Redis itself forgets the sessions, idle ones and old ones. The key is a digest
of the id: who reads the database, its log or its backup cannot take over a session.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from asab_log import LOG_NOTICE, get_logger
from asab_utils.time_limit import time_limit
from asab_web.session.errors import SessionStorageError
from asab_web.session.session import Session
from asab_web.session.storage import HOUR, MAX_SIZE, SessionStorage

try:
    import redis.asyncio
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
except ModuleNotFoundError as _e:
    raise ModuleNotFoundError(f"Sessions in Redis need redis-py: pip install 'asab-web[redis]' ({_e})") from None

if TYPE_CHECKING:
    import asab_app

L = get_logger(__name__)

URL: Final = "redis://localhost:6379/0"
PREFIX: Final = "asab-session:"
TIMEOUT: Final = 2.0

# What `new_id` makes; anything else need not be asked for.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{43}")

# Going through all keys: how many at a time, so that Redis has time for others in between, and how often at most.
_STEP: Final = 1000
_STEPS: Final = 100

# What means something else than itself in a pattern of Redis.
_SPECIAL: Final = re.compile(r"[*?\[\]\\]")
_ESCAPED: Final = r"\\\g<0>"

# Enough for thousands of requests a second; more requests than that wait for their turn, within the timeout.
_CONNECTIONS: Final = 32

# Redis forgets the session when it has been idle, or when it is too old. Times are in seconds, as their texts.
_EXPIRE: Final = """
local function expire(key, created, max_age, now, idle, default)
    local limit = tonumber(max_age) or tonumber(default)
    local left = math.min(tonumber(idle), tonumber(created) + limit - tonumber(now))
    redis.call('PEXPIRE', key, math.max(0, math.floor(left * 1000)))
end
"""

# KEYS: the session. ARGV: now, idle, the storage's max_age. The answer is one text of JSON: redis-py reads an array by
# its items, which takes it longer than all else. Bytes that are no UTF-8 pass through it as they are.
_LOAD: Final = f"""{_EXPIRE}
local all = redis.call('HGETALL', KEYS[1])
if #all == 0 then return false end
local times = redis.call('HMGET', KEYS[1], 'created', 'max_age')
expire(KEYS[1], times[1], times[2], ARGV[1], ARGV[2], ARGV[3])
return cjson.encode(all)
"""

# KEYS: the session as it is kept, as it will be kept. ARGV: whether it begins, now, idle, the storage's max_age, how
# many arguments are for HSET, those, and what is for HDEL.
_SAVE: Final = f"""{_EXPIRE}
local old, new = KEYS[1], KEYS[2]
if ARGV[1] ~= '1' then
    if redis.call('EXISTS', old) == 1 then
        if old ~= new then redis.call('RENAME', old, new) end
    elseif redis.call('EXISTS', new) == 0 then -- it is there when this is done again because the answer was lost
        return 0
    end
end
local last = 5 + tonumber(ARGV[5])
for i = 6, last, 2 do redis.call('HSET', new, ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('HDEL', new, ARGV[i]) end
local times = redis.call('HMGET', new, 'created', 'max_age')
expire(new, times[1], times[2], ARGV[2], ARGV[3], ARGV[4])
return 1
"""

# ARGV: where to go on, the pattern of the keys, how many to look at. The keys themselves stay where they are.
_COUNT: Final = """
local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
return {found[1], #found[2]}
"""


class RedisSessionStorage(SessionStorage):
    """Keeps sessions in Redis.

    How many there are is counted by going through the keys of the database, a few at a time, up to about 100,000 keys
    of whatever kind; beyond that it is not told.

    One server, or what stands for one (a managed service, the address of the current primary); not a cluster, whose
    keys cannot be renamed in one step. What it cannot do within the timeout is `SessionStorageError`.
    """

    uncounted: ClassVar[str] = "Not counted yet; or Redis does not answer, or has too many keys to go through."

    def __init__(
        self,
        app: asab_app.Application,
        url: str = URL,
        session_class: type[Session] = Session,
        *,
        prefix: str = PREFIX,
        timeout: float = TIMEOUT,
        max_age: float = 12 * HOUR,
        idle: float = HOUR,
        max_size: int = MAX_SIZE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; the connections are made when they are needed.

        Args:
            app: As in `SessionStorage`, and so the others.
            url: `redis://user:password@host:port/database`, `rediss://…` over TLS, `unix:///path/to/socket`.
            session_class: See there.
            prefix: What the keys begin with.
            timeout: Seconds that one access may take, its connection and waiting for others included.
            max_age: See there.
            idle: See there.
            max_size: See there.
            clock: See there.

        Raises:
            ValueError: If the URL is not one of these; it does not show it, for its password.
        """
        super().__init__(app, session_class, max_age=max_age, idle=idle, max_size=max_size, clock=clock)
        self._prefix = prefix
        self._timeout = timeout
        self._trouble: str | None = None
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=None,  # nor one for each read: `_ask` has one for all of it, and each costs every request a timer
            socket_connect_timeout=timeout,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 1),  # a connection that a restart of Redis has cut is found out by using it
        )
        self._redis = redis.asyncio.Redis.from_pool(pool)
        self._load = self._redis.register_script(_LOAD)
        self._save = self._redis.register_script(_SAVE)
        self._count = self._redis.register_script(_COUNT)

    async def load(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None."""
        if not _ID.fullmatch(cookie):
            return None
        answer: bytes | None = await self._ask(self._load, [self._key(cookie)], self._limits())
        if answer is None:
            return None
        fields: list[str] = json.loads(answer.decode("utf-8", "surrogatepass"))
        found = dict(zip(fields[::2], fields[1::2], strict=True))
        created, max_age = float(found.pop("created")), found.pop("max_age")
        texts = {field.removeprefix("="): text for field, text in found.items()}
        session = self.restore(cookie, float(max_age) if max_age else None, created, texts)
        return None if session.is_expired() else session

    async def save(self, session: Session) -> str | None:
        """Keep what has changed; return the id, which is the cookie's value."""
        changes = session.changes()
        self.check_size(session)
        new = self._key(session.Id)
        old = new if session.stored_id is None else self._key(session.stored_id)
        changed = [x for key, text in changes.items() if text is not None for x in (_field(key), text)]
        removed = [_field(key) for key, text in changes.items() if text is None]
        begins = session.stored_id is None
        if begins:
            changed += ["created", repr(session.Created)]
        if begins or session.is_max_age_changed():
            changed += ["max_age", "" if session.MaxAge is None else repr(float(session.MaxAge))]
        arguments = [int(begins), *self._limits(), len(changed), *changed, *removed]
        return session.Id if await self._ask(self._save, [old, new], arguments) else None

    async def delete(self, session_id: str) -> None:
        """Forget a session."""
        await self._ask(self._redis.delete, self._key(session_id))

    async def count(self) -> int | None:
        """Return how many sessions there are, of all processes; None if there are too many keys to go through."""
        pattern = f"{_SPECIAL.sub(_ESCAPED, self._prefix)}*"
        count, cursor = 0, b"0"
        for _ in range(_STEPS):
            cursor, found = await self._ask(self._count, [], [cursor, pattern, _STEP])
            count += int(found)
            if cursor == b"0":
                return count
        return None

    async def health(self) -> str | None:
        """Ask Redis whether it is there."""
        try:
            await self._ask(self._redis.ping)
        except SessionStorageError as e:
            return str(e)
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()

    def _key(self, session_id: str) -> str:
        return self._prefix + hashlib.sha256(session_id.encode()).hexdigest()

    def _limits(self) -> list[str]:
        return [repr(self.time()), repr(self.idle), repr(self.max_age)]

    async def _ask(self, command: Callable[..., Any], *arguments: Any) -> Any:
        try:
            async with time_limit(self._timeout):
                answer = await command(*arguments)
        except (RedisError, OSError, TimeoutError) as e:
            error = SessionStorageError(f"Redis does not answer for the sessions: {_reason(e, self._timeout)}")
            self._say(str(error))
            raise error from None
        self._say(None)
        return answer

    def _say(self, trouble: str | None) -> None:
        """Log the beginning and the end of a trouble, not each request that meets it."""
        if trouble and not self._trouble:
            L.error("%s", trouble)
        elif self._trouble and not trouble:
            L.log(LOG_NOTICE, "Redis answers for the sessions again")
        self._trouble = trouble


def _reason(error: Exception, timeout: float) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else f"nothing within {timeout:g} s"


def _field(key: str) -> bytes:
    # The sign keeps the keys of an application apart from `created` and `max_age`.
    return f"={key}".encode("utf-8", "surrogatepass")
