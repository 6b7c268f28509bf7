"""What holds for the tests of every layer: their fixtures, and how long hypothesis may take."""

from hypothesis import settings

from tests.support.proof import repetitions
from tests.support.rabbitmq import amqp_url
from tests.support.redis_server import redis_url

__all__ = ["amqp_url", "redis_url"]

# No deadline: how fast an example runs says more about the machine than about the code.
settings.register_profile("asab", deadline=None, max_examples=repetitions(small=100, full=5000))
settings.load_profile("asab")
