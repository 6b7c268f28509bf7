"""JSON over HTTP: answers, and errors.

- `_json` - `json_response`.
- `_errors` - `JsonExceptionMiddleware`.
"""

from asab_web.rest._errors import JsonExceptionMiddleware
from asab_web.rest._json import json_response

__all__ = ["JsonExceptionMiddleware", "json_response"]
