"""Answers in JSON; see `asab_web.rest`."""

from asab_web.rest import JsonExceptionMiddleware, json_response, json_schema_handler, typed_handler

__all__ = ["JsonExceptionMiddleware", "json_response", "json_schema_handler", "typed_handler"]
