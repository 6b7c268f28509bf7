"""Message queues for ASAB applications: AMQP (RabbitMQ) and an in-memory broker."""
