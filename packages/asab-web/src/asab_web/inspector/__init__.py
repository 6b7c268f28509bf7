"""The live page: what an application does, at `/asab/`, for whoever may look.

The map, from the bottom:

- `_tries` - how often somebody may be wrong; `_logins` - who has logged in; `_guard` - who may look, and who not.
- `_answers` - what each answer says to browsers; `_files` - the page itself.
- `_records` - log records as they come; `_levels` - levels of loggers that return by themselves; `_metrics` - the
  application's metrics.
- `_panels` - what there is to see: the panels of `Application.Inspection`, and these.
- `_feeds` - reads a panel while somebody looks at it, and no other; `_socket` - the WebSocket that brings it.
- `inspector` - `Inspector`, which puts all of it at the routes of a container.

It is imported by containers whose section says `inspector=yes`, and by nobody else.
"""

from asab_web.inspector.inspector import Inspector

__all__ = ["Inspector"]
