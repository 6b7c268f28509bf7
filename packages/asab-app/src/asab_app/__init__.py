"""The lifecycle of a server application.

The layer's map, from the bottom:

- `errors` - `StartupError` and the exit codes.
- `module`, `service` - `Module` and `Service`, what an application is made of; `_components` starts them in order and
  stops them in reverse.
- `_arguments` - the command line; `arguments` - what other layers add to it.
- `_signals`, `_console`, `_ticks`, `_loop` - what they say; `_tasks` - waiting with a deadline.
- `_supervisor` - tasks that are owned; `_failures` - what is said when a start fails.
- `work` - tasks and threads beside `main()`, by `_restart` and `_threads`; `_messages` - what it publishes.
- `_starting` - the start, watched; `_construction` - what a constructor leaves behind; `_report` - what took how long.
- `_daemon` - `-d`, `-k` and `[daemon]`, by `_birth`, `_pidfile`, `_owner` and `_kill`.
- `health` - what is down, since when and why; `_watchdog` - who blocks the event loop; `_collector` - when cycles
  are looked for.
- `_service_manager` - what systemd and its like are told, by `_notify`; `_hangup` - SIGHUP; `_reaper` - PID 1.
- `trace` - the ids of a request, as they travel; `tracing` - what belongs to which, by `_opentelemetry` as its spans.
- `_unicode` - text that can leave the process.
- `inspection` - `Inspection`, what parts have to show of themselves, with the panels of every application by `_panels`;
  `refreshed` - what a server has to be asked for, for those who look.
- `registry` - modules by class, services by name; `_inspection` - what is said of the configuration.
- `application` - `Application`: init-time, run-time, exit-time.
- `listen`, `tls`, `listener` - addresses as text, their TLS, and opened; `_listen_fds` - sockets that were handed over;
  `acceptor` - connections that come there, `_turn_away` - those that come too late.
- `socket` - `StreamSocketServerService`; `metrics` - what is measured; `proactor` - blocking calls off the loop.
  They stand on the application as any service does.
- `testing` - `VirtualRun`: a whole application in a test, a day in a second.
"""

from asab_app.application import Application
from asab_app.errors import StartupError
from asab_app.module import Module
from asab_app.service import Service
from asab_app.socket import StreamSocketServerService

__all__ = ["Application", "Module", "Service", "StartupError", "StreamSocketServerService"]
