#!/usr/bin/env python3
"""One of many processes of an application: it takes orders, and handles orders that it or another one has taken.

    AMQP_URLS=amqp://node-1/,amqp://node-2/ ORDERS=100 python3 application.py -c application.conf

Orders are spread over four queues by their customer. Each queue has one consumer at a time, so that the orders of a
customer are handled one after the other; when that process dies, RabbitMQ turns to another one. The queues are those of
definitions.json, spread over the nodes: those of a node that dies wait for it, and the others go on.
"""

import asyncio
import os
import zlib
from collections.abc import Iterator

import asab
import asab.mom
import asab.mom.amqp
from asab_mom import Properties, PublishError

QUEUES = [f"orders.{n}" for n in range(4)]
AT_ONCE = 20


class OrderApplication(asab.Application):
    async def initialize(self) -> None:
        self.add_module(asab.mom.Module)
        self.broker = asab.mom.amqp.AMQPBroker(self)
        for queue in QUEUES:
            self.broker.subscribe(queue)
            self.broker.add(queue, self.on_order)

    async def main(self) -> None:
        orders = iter(range(asab.Config.getint("orders", "take")))
        await asyncio.gather(*(self.take_orders(orders) for _ in range(AT_ONCE)))
        print("done", flush=True)

    async def take_orders(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            customer = f"customer {number % 100}"
            queue = QUEUES[zlib.crc32(customer.encode()) % len(QUEUES)]
            order = f"{os.getpid()}-{number}"
            await self.send(order, queue)
            print("accepted", order, flush=True)

    async def on_order(self, properties: Properties, body: bytes) -> None:
        print("handled", body.decode(), flush=True)

    async def send(self, body: str, queue: str) -> None:
        while True:
            try:
                return await self.broker.publish(body, queue, mandatory=True)
            except PublishError:  # the queue's node is down
                await asyncio.sleep(0.5)


if __name__ == "__main__":
    OrderApplication().run()
