"""JSON over HTTP: answers, errors, and requests that are checked before a handler sees them.

- `_json` - `json_response`.
- `_accept`, `_invalid`, `_problem` - what a client would rather have; what is wrong in a request; an error as
  an answer.
- `_errors` - `JsonExceptionMiddleware`, and the middleware of every container.
- `_body`, `_arguments` - the body as JSON, and the request among a handler's arguments.
- `_schema` - `json_schema_handler`.
- `_typed` - `typed_handler`; `_operation`, `_parameters`, `_mistakes` - what such a handler takes and answers, what is
  wrong with that: they need pydantic, and are imported by its first use.
"""

from asab_web.rest._errors import JsonExceptionMiddleware
from asab_web.rest._json import json_response
from asab_web.rest._schema import json_schema_handler
from asab_web.rest._typed import typed_handler

__all__ = ["JsonExceptionMiddleware", "json_response", "json_schema_handler", "typed_handler"]
