"""Message queues for ASAB applications.

The layer's map, from the top:

- `module` - `Module`, what an application adds; `service` - `MOMService`, which runs the brokers.
- `_panel` - what is shown of the brokers to whoever looks.
- `broker` - `Broker`, what all brokers have in common, on `_sending` and `_calling`, which publish and call, and on
  `_transport`, what each kind brings itself; `_options` - what is configured; `_deadlines` - what the end may take.
- `_dispatcher` - which handler gets a message; `_failures` - what becomes of one that was not handled; `_replies` -
  what goes back; `_calls` - who waits for that; `_subscription` - where messages come from.
- `_tracing` - the traces that messages carry.
- `outbox` - messages on disk until they are sent, on `_outbox_file` and `_file_lock`; `inbox` - `Inbox`, the ids of
  what was handled.
- `properties`, `message` - what travels; `PublishError` and its kinds; `json` - bodies that are JSON.
- `memory` - `MemoryBroker`, within this process; `_embedded` - its exchanges and queues; `faults` - `Faults`, what goes
  wrong in it for a test.
- `amqp` - `AMQPBroker`, RabbitMQ. Below it `_publisher` and `_consumer`, each on a `_line` that keeps a `_connection`
  with its `_channel`s up, to the nodes in turn, under TLS as `_tls` says; `_journal` tells the log and the health,
  `_metrics` the metrics; `_depths` asks how much is in the queues. `_aioamqp` alone imports aioamqp. `_address`,
  `_frames`, `_wire`, `_delivery`, `_acks`, `_room`, `_watchdog` and `_errors` do no I/O; `_writer` joins what is
  written.

`import asab_mom` brings in no aioamqp; `asab_mom.amqp` does.
"""

from asab_mom._calls import CallError, CallFailedError, CallTimeoutError
from asab_mom.broker import Broker
from asab_mom.faults import Faults
from asab_mom.inbox import Inbox
from asab_mom.json import decode_json
from asab_mom.memory import MemoryBroker
from asab_mom.message import BusyError, Message, PublishError, UnroutableError
from asab_mom.module import Module
from asab_mom.properties import Properties
from asab_mom.service import MOMService

__all__ = [
    "Broker",
    "BusyError",
    "CallError",
    "CallFailedError",
    "CallTimeoutError",
    "Faults",
    "Inbox",
    "MOMService",
    "MemoryBroker",
    "Message",
    "Module",
    "Properties",
    "PublishError",
    "UnroutableError",
    "decode_json",
]
