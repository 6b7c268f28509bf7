"""What tests of applications use; see `asab_app.testing`, `asab_utils.testing` and `asab_pubsub.testing`."""

from asab_app.testing import VirtualRun
from asab_pubsub.testing import RecordingPubSub
from asab_utils.testing import VirtualLoop

__all__ = ["RecordingPubSub", "VirtualLoop", "VirtualRun"]
