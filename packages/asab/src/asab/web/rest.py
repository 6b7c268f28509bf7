"""Answers in JSON; see `asab_web.rest`."""

from asab_web.rest import JsonExceptionMiddleware, json_response

__all__ = ["JsonExceptionMiddleware", "json_response"]
