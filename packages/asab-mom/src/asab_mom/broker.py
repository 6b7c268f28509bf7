"""`Broker`: what all brokers have in common (documentation, chapter The message-oriented middleware).

The rules, whatever carries the messages:

1. The target of a message is its routing key, both ways; it decides which handler gets the message.
2. `publish` returns when the message has been accepted, and raises when it was not.
3. A message leaves its queue after its handler has returned. It is delivered at least once.
4. Messages flow in from `Application.run!` on, when every service and every handler is there, until
   `Application.exit!`. Publishing works from the construction until the service is finalized.
"""

from __future__ import annotations

import abc
import dataclasses
import math
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from asab_app import StartupError
from asab_config import ConfigError, ConfigObject
from asab_mom._dispatcher import Dispatcher, Handler
from asab_mom.message import Body, Message, encode_body
from asab_mom.properties import Properties, check_short

if TYPE_CHECKING:
    from asab_app import Application
    from asab_mom.service import MOMService

N = TypeVar("N", int, float)

SERVICE_NAME = "asab.MOMService"
REPLY_TARGET = "reply"
SHORT_MAX = 65535
"""The largest short integer of AMQP 0-9-1 (section 4.2.5.1)."""
HANDLERS_TIMEOUT = 5.0
"""Seconds that handlers get to finish at the end; with the rest of the closing it stays within `finalize_timeout`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """A source of messages.

    Attributes:
        queue: The queue that is consumed.
        exchange: The exchange that the queue is bound to, for a queue of the broker's own.
        routing_key: The routing key of that binding.
        own: Whether the queue was made for this broker alone, and goes with it.
        target: The target of all messages from here, in place of their routing keys.
    """

    queue: str
    exchange: str = ""
    routing_key: str = ""
    own: bool = False
    target: str | None = None


class Broker(ConfigObject, abc.ABC):
    """Sends and receives messages. It cannot be created directly; see `MemoryBroker` and `AMQPBroker`.

    A broker is created with the application, registers itself with the service `asab.MOMService` and is started and
    closed by it. All its methods belong to the thread of the event loop.

    Attributes:
        App: The application.
        Config: The broker's section of the configuration.
    """

    ConfigDefaults: ClassVar[Mapping[str, Any]] = {
        "appname": "asab.mom",
        "exchange": "amq.fanout",
        "reply_exchange": "",
        "prefetch_count": 5,
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
            ConfigError: If an option has a value that cannot be used.
        """
        super().__init__(config_section_name, config)
        service = _service(app, type(self).__name__)
        self.App = app
        self._appname = str(self.Config["appname"])
        self._exchange = str(self.Config["exchange"])
        self._reply_exchange = str(self.Config["reply_exchange"])
        self._prefetch = self._number(self.Config.getint, "prefetch_count", 1, SHORT_MAX)
        self._dispatcher = Dispatcher(app.Loop, self._send_reply)
        self._subscriptions: list[Subscription] = []
        self._consuming = self._stopped = False
        self._connect()
        self._reply_to = self._add_own("reply", target=REPLY_TARGET) if accept_replies else None
        service.register(self)

    async def publish(
        self,
        body: Body,
        target: str = "",
        correlation_id: str | None = None,
        *,
        exchange: str | None = None,
        reply_to: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        headers: Mapping[str, Any] | None = None,
        message_id: str | None = None,
    ) -> None:
        """Send a message and return when it has been accepted. The message is persistent.

        A message that no queue is bound for is accepted too, and is gone. When this call is cancelled, the message may
        or may not be delivered.

        Args:
            body: The content; a str is sent as UTF-8.
            target: The routing key.
            correlation_id: What the reply will bear.
            exchange: Where to; by default the option `exchange`. The empty one routes to the queue named `target`.
            reply_to: The queue for replies; by default the broker's own, if it accepts replies. Empty asks for none.
            content_type: The MIME type of the body.
            content_encoding: The MIME encoding of the body.
            headers: Values of the application's own.
            message_id: The identity of the message; by default a new one.

        Raises:
            TypeError: If a value is of a type that cannot be sent.
            ValueError: If a value is too long or out of its range.
            PublishError: If the message has not been accepted.
        """
        properties = self._properties(
            correlation_id=correlation_id,
            reply_to=self._reply_to if reply_to is None else reply_to,
            content_type=content_type,
            content_encoding=content_encoding,
            headers=dict(headers or {}),
            message_id=message_id,
        )
        exchange = self._exchange if exchange is None else exchange
        await self._accept(Message(encode_body(body), target, exchange, properties))

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
        check_short("subscription", subscription)
        check_short("routing_key", routing_key)
        known = ((s.exchange, s.routing_key) if exchange else s.queue for s in self._subscriptions)
        if ((subscription, routing_key) if exchange else subscription) in known:
            return
        if exchange:
            self._add_own(subscription, exchange=subscription, routing_key=routing_key)
        else:
            self._add(Subscription(subscription))

    def add(self, target: str, handler: Handler, reply_to: str | None = None) -> None:
        """Have a handler called for every message of a target.

        Several messages are handled at once, as many as the option `prefetch_count` says for each subscription.

        Args:
            target: The routing key of the messages, or `"reply"`.
            handler: A coroutine function, called with the `Properties` and the body as bytes. What it returns, unless
                None, is sent as the reply, with the same correlation id. When it raises, the message is rejected.
            reply_to: Where replies go when the message does not say.
        """
        self._dispatcher.add(target, handler, reply_to)

    async def finalize(self, app: Application) -> None:
        """Close the broker: no more messages in, what is accepted out. Called by the service, once.

        Args:
            app: The application.
        """
        await self.stop_consuming()
        await self._close()

    def start_consuming(self) -> None:
        """Let messages flow in; called by the service at `Application.run!`."""
        if not self._consuming and not self._stopped:
            self._consuming = True
            self._consume()

    async def stop_consuming(self) -> None:
        """Let no more messages in and the handlers finish; called by the service at `Application.exit!`.

        Handlers get 5 seconds. Messages that are not done with then go back to their queue.
        """
        if not self._stopped:
            self._stopped = True
            await self._cancel()
        await self._dispatcher.close(HANDLERS_TIMEOUT)

    @abc.abstractmethod
    def _connect(self) -> None:
        """Begin to reach for the server, in the background; called once, by the constructor."""

    @abc.abstractmethod
    async def _send(self, message: Message) -> None:
        """Bring a checked message to its exchange; return when it is accepted, raise `PublishError` otherwise."""

    @abc.abstractmethod
    def _open(self, subscription: Subscription) -> None:
        """Declare a subscription's queue, now and again after a lost line; whatever is sent later finds it there."""

    @abc.abstractmethod
    def _consume(self) -> None:
        """Let messages flow to the dispatcher, from the subscriptions that are open and from those to come."""

    @abc.abstractmethod
    async def _cancel(self) -> None:
        """Consume no more; messages that have been delivered can still be settled."""

    @abc.abstractmethod
    async def _close(self) -> None:
        """Send what is accepted and give everything back, within a few seconds."""

    def _add(self, subscription: Subscription) -> None:
        if self._stopped:
            raise RuntimeError(f"the broker is closed: {subscription.queue!r} cannot be subscribed")
        self._open(subscription)
        self._subscriptions.append(subscription)

    def _add_own(self, purpose: str, exchange: str = "", routing_key: str = "", target: str | None = None) -> str:
        queue = f"{self._appname}.{purpose}.{uuid.uuid4().hex}"
        self._add(Subscription(queue, exchange, routing_key, own=True, target=target))
        return queue

    async def _send_reply(self, reply_to: str, body: Body, correlation_id: str | None) -> None:
        properties = self._properties(correlation_id=correlation_id)
        await self._accept(Message(encode_body(body), reply_to, self._reply_exchange, properties))

    async def _accept(self, message: Message) -> None:
        message.check()
        await self._send(message)

    def _properties(self, *, message_id: str | None = None, **values: Any) -> Properties:
        message_id = uuid.uuid4().hex if message_id is None else message_id
        return Properties(message_id=message_id, app_id=self._appname, delivery_mode=2, **values)

    def _number(self, get: Callable[[str], N], option: str, least: float, most: float = math.inf) -> N:
        value = get(option)
        if not least <= value <= most:
            limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
            raise ConfigError(f"[{self.Config.name}] {option} = {value!r}: must be {limits}")
        return value


def _service(app: Application, name: str) -> MOMService:
    try:
        return cast("MOMService", app.get_service(SERVICE_NAME))
    except KeyError:
        remedy = "call app.add_module(asab.mom.Module) first"
        raise StartupError(f"{name} needs the service {SERVICE_NAME}: {remedy}") from None
