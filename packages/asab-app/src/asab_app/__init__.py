"""The lifecycle of a server application.

The layer's map, from the bottom:

- `errors` - `StartupError` and the exit codes.
- `module`, `service` - `Module` and `Service`, what an application is made of; `_components` starts them in order and
  stops them in reverse.
- `_arguments` - the command line; `_signals`, `_ticks`, `_loop` - what they say; `_tasks` - waiting with a deadline;
  `_supervisor` - tasks that must not fail; `_failures` - what is said when a start fails.
- `registry` - modules by class, services by name; `_inspection` - what is said of the configuration.
- `application` - `Application`: init-time, run-time, exit-time.
- `socket` - `StreamSocketServerService`; `metrics` - counters and gauges; `proactor` - blocking calls off the loop.
  They stand on the application as any service does.
"""

from asab_app.application import Application
from asab_app.errors import StartupError
from asab_app.module import Module
from asab_app.service import Service
from asab_app.socket import StreamSocketServerService

__all__ = ["Application", "Module", "Service", "StartupError", "StreamSocketServerService"]
