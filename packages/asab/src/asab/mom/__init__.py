"""The message-oriented middleware; see `asab_mom`."""

from asab_mom import (
    Broker,
    BusyError,
    CallError,
    CallFailedError,
    CallTimeoutError,
    Faults,
    Inbox,
    MemoryBroker,
    Message,
    Module,
    MOMService,
    Properties,
    PublishError,
    UnroutableError,
    decode_json,
)

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
