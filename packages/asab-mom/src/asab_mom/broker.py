"""`Broker`: what all brokers have in common (documentation, chapter The message-oriented middleware).

The rules, whatever carries the messages:

1. The target of a message is its routing key, both ways; it decides which handler gets the message.
2. `publish` returns when the message has been accepted, and raises when it was not.
3. A message leaves its queue after its handler has returned. It is delivered at least once.
4. Messages flow in from `Application.run!` on, when every service and every handler is there, until
   `Application.exit!`. Publishing works from the construction until the service is finalized.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import math
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from asab_app import StartupError
from asab_mom import _deadlines
from asab_mom._calling import Calling
from asab_mom._calls import Calls
from asab_mom._dispatcher import Dispatcher, Handler
from asab_mom._failures import Failures, retry_target
from asab_mom._metrics import Meter
from asab_mom._options import number, policy, short
from asab_mom._replies import Replies
from asab_mom._subscription import Depth, Subscription
from asab_mom.message import Message, Outcome
from asab_mom.properties import check_short

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom.service import MOMService

SERVICE_NAME = "asab.MOMService"
REPLY_TARGET = "reply"
SHORT_MAX = 65535
"""The largest short integer of AMQP 0-9-1 (section 4.2.5.1)."""
APPNAME_MAX = 100
"""Bytes of `appname`; the names of own queues, which may have 255, have more in them."""


class Broker(Calling):
    """Sends and receives messages. It cannot be created directly; see `MemoryBroker` and `AMQPBroker`.

    A broker is created with the application, registers itself with the service `asab.MOMService` and is started and
    closed by it. All its methods belong to the thread of the event loop.

    Attributes:
        App: The application.
        Config: The broker's section of the configuration.
        Counts: How many messages were `retried`, `rejected`, `set_aside` and `discarded`, and how many answers came too
            late for their calls (`late_replies`), since the broker was made.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {
        "appname": "asab.mom",
        "exchange": "amq.fanout",
        "reply_exchange": "",
        "prefetch_count": 5,
        "publish_timeout": 0.0,
        "outbox": "",
        "outbox_size": 1_000_000_000,
        "concurrency": 0,
        "retry_limit": 0,
        "retry_delay": 1.0,
        "on_failed": "reject",
        "on_unknown_target": "discard",
    }

    def __init__(
        self,
        app: Application,
        accept_replies: bool = False,
        task_service: object = None,
        config_section_name: str = "asab:mom",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a broker and register it.

        Args:
            app: The application; its module `asab.mom.Module` must have been added.
            accept_replies: Whether messages ask for replies, which arrive at the target `"reply"`.
            task_service: Taken for the sake of applications that give one; the broker owns its tasks itself.
            config_section_name: The section of the configuration.
            config: Values that win over that section.

        Raises:
            StartupError: If the module has not been added.
            StartupError: If the outbox cannot be opened, or belongs to another broker.
            ConfigError: If an option has a value that cannot be used.
        """
        super().__init__(config_section_name, config)
        service = _service(app, type(self).__name__)
        self.App = app
        self._name = _free_name(config_section_name, service)
        self._meter = Meter(app, self._name, self._under_way)
        self._appname = short(self, "appname", APPNAME_MAX)
        self._exchange = short(self, "exchange")
        self._publish_timeout = number(self, self.Config.getfloat, "publish_timeout", 0) or math.inf
        self._prefetch = number(self, self.Config.getint, "prefetch_count", 1, SHORT_MAX)
        self.Counts: collections.Counter[str] = collections.Counter()
        replies = Replies(self.system, short(self, "reply_exchange"), self._properties, self._accept)
        failures = Failures(policy(self), self._count, self._declare, self._accept, replies.report)
        concurrency = number(self, self.Config.getint, "concurrency", 0)
        meter = self._meter
        self._dispatcher = Dispatcher(
            app.Loop, replies.answer, failures, meter.count, meter.took, concurrency, self.system
        )
        self._calls = Calls(self._count)
        self._answers = None
        self._subscriptions = []
        self._consuming = self._stopped = False
        self._open_outbox()
        self._connect()
        self._reply_to = None
        if accept_replies:
            self._reply_to = self._add_own("reply", target=REPLY_TARGET)
        if self.outbox is not None:
            self.outbox.start(app.Loop)
        service.register(self)

    def subscribe(self, subscription: str, *, exchange: bool = False, routing_key: str = "") -> None:
        """Have messages flow in from a queue or an exchange; before the line is up, or after.

        Args:
            subscription: A queue, used as it is; one that is not there is declared durable. Or an exchange.
            exchange: Whether `subscription` names an exchange. A queue of the broker's own is bound to it; it is
                deleted when the broker closes, or when it was not used for ten minutes.
            routing_key: What the exchange is asked for, in its own terms. Each has a queue of its own: a message that
                two of them fit comes twice.

        Raises:
            ValueError: If the server cannot have such a name.
            RuntimeError: If the broker is closed.
        """
        if not subscription:
            raise ValueError(f"subscription = {subscription!r}: must be the name of a queue or of an exchange")
        check_short("subscription", subscription)
        check_short("routing_key", routing_key)
        known = ((s.exchange, s.routing_key) if exchange else s.queue for s in self._subscriptions)
        if ((subscription, routing_key) if exchange else subscription) in known:
            return
        if exchange:
            self._add_own(subscription, exchange=subscription, routing_key=routing_key)
        else:
            self._add(Subscription(subscription))

    def add(self, target: str, handler: Handler, reply_to: str | None = None, *, concurrency: int = 0) -> None:
        """Have a handler called for every message of a target.

        Several messages are handled at once: as many as the option `prefetch_count` says for each subscription, and as
        the option `concurrency` says for all.

        Args:
            target: The routing key of the messages, or `"reply"`.
            handler: A coroutine function, called with the `Properties` and the body as bytes. What it returns, unless
                None, is sent as the reply, with the same correlation id. When it raises, the message is tried again as
                the option `retry_limit` says, and then rejected or set aside, as `on_failed` says.
            reply_to: Where replies go when the message does not say.
            concurrency: How many messages of this target are handled at once, in the order in which they come; 1 is one
                after the other. By default there is no limit but those above.

        Raises:
            TypeError: If the handler cannot be called.
            ValueError: If `concurrency` is negative.
        """
        if concurrency < 0:
            raise ValueError(f"concurrency = {concurrency!r}: must be at least 0")
        self._dispatcher.add(target, handler, reply_to, concurrency)

    async def finalize(self, app: Application) -> None:
        """Close the broker: no more messages in, what is accepted out. Called by the service, once.

        Args:
            app: The application.
        """
        await self.stop_consuming()
        self._calls.close()
        if self.outbox is not None:
            await self.outbox.close(_deadlines.seconds(_deadlines.FLUSH))
        await self._close()

    def start_consuming(self) -> None:
        """Let messages flow in; called by the service at `Application.run!`."""
        if not self._consuming and not self._stopped:
            self._consuming = True
            self._consume()

    async def stop_consuming(self) -> None:
        """Let no more messages in and the handlers finish; called by the service at `Application.exit!`.

        Handlers get half of `[general] finalize_timeout`. Messages that are not done with then go back to their queue.
        """
        if not self._stopped:
            self._stopped = True
            await self._cancel()
        await self._dispatcher.close(_deadlines.seconds(_deadlines.HANDLERS))

    def _add(self, subscription: Subscription) -> None:
        if self._stopped:
            raise RuntimeError(f"the broker is closed: {subscription.queue!r} cannot be subscribed")
        self._open(subscription)
        self._subscriptions.append(subscription)

    def _add_own(self, purpose: str, exchange: str = "", routing_key: str = "", target: str | None = None) -> str:
        queue = f"{self._appname}.{purpose}.{uuid.uuid4().hex}"
        self._add(Subscription(queue, exchange, routing_key, own=True, target=target))
        return queue

    def _lines(self) -> list[dict[str, str]]:
        """Return the connections to the server, for people: their `purpose`, `server` and `state`."""
        return []

    def _depth(self, subscription: Subscription) -> Depth:
        """Return what is in a queue, as far as that is known without waiting."""
        return Depth()

    def _unconfirmed(self) -> int:
        """Return how many messages the server has not confirmed yet, those that wait to be written included."""
        return 0

    def _under_way(self) -> dict[str, int]:
        """Return how many messages are under way, out and in."""
        return {"unconfirmed": self._unconfirmed(), "handling": self._dispatcher.busy}

    def _count(self, what: str) -> None:
        self.Counts[what] += 1
        self._meter.count(what)

    def _receive(self, subscription: Subscription, message: Message, settle: Callable[[Outcome], None]) -> None:
        """Take a message that has been delivered, to be settled once."""
        if subscription.answers:
            self._calls.take(message.properties, message.body)
            settle(Outcome.ACCEPT)
            return
        target = retry_target(message) if subscription.target is None else subscription.target
        if target != message.target:
            message = dataclasses.replace(message, target=target)
        self._dispatcher.start(message, subscription, settle)


def _service(app: Application, name: str) -> MOMService:
    try:
        return cast("MOMService", app.get_service(SERVICE_NAME))
    except KeyError:
        remedy = "call app.add_module(asab.mom.Module) first"
        raise StartupError(f"{name} needs the service {SERVICE_NAME}: {remedy}") from None


def _free_name(section: str, service: MOMService) -> str:
    """Name a broker by its section, with a number if there is another one of the same."""
    taken = {broker._name for broker in service.Brokers}
    names = (section if number == 1 else f"{section}:{number}" for number in itertools.count(1))
    return next(name for name in names if name not in taken)
