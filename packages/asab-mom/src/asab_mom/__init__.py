"""Message queues for ASAB applications.

The layer's map, from the top:

- `module` - `Module`, what an application adds; `service` - `MOMService`, which runs the brokers.
- `broker` - `Broker`, what all brokers have in common; `_dispatcher` - which handler gets a message, and what becomes
  of the message then.
- `properties`, `message` - what travels; `PublishError`.
- `memory` - `MemoryBroker`, within this process; `_embedded` - its exchanges and queues.
- `amqp` - `AMQPBroker`, RabbitMQ. Below it `_publisher` and `_consumer`, each on a `_line` that keeps a `_connection`
  up; `_connection` alone imports aioamqp. `_address`, `_frames`, `_delivery`, `_wire`, `_watchdog` and `_errors`
  do no I/O.

`import asab_mom` brings in no aioamqp; `asab_mom.amqp` does.
"""

from asab_mom.broker import Broker
from asab_mom.memory import MemoryBroker
from asab_mom.message import Message, PublishError
from asab_mom.module import Module
from asab_mom.properties import Properties
from asab_mom.service import MOMService

__all__ = ["Broker", "MOMService", "MemoryBroker", "Message", "Module", "Properties", "PublishError"]
