"""The broker that speaks AMQP, for RabbitMQ; see `asab_mom.amqp`."""

from asab_mom.amqp import AMQPBroker

__all__ = ["AMQPBroker"]
