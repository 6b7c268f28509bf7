"""`Parameters`: the values of a request outside its body, as a typed handler takes them. This file needs pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic
from aiohttp import web


class Parameters:
    """The values in one part of a request.

    Attributes:
        adapter: The type of them together, which has a field for each.
        required: Whether the handler takes them from every request.
        names: The name in the request for each field of `adapter`.
    """

    def __init__(self, part: str, adapter: pydantic.TypeAdapter[Any], required: bool) -> None:
        """Read the fields.

        Args:
            part: The part of the request: `path`, `query` or `headers`.
            adapter: The type.
            required: Whether a request must have them.

        Raises:
            ValueError: If the type has no fields.
        """
        schema = adapter.json_schema()
        fields = _resolve(schema, schema).get("properties")
        if fields is None:
            raise ValueError(f"{part!r} needs a model with a field for each value")
        self.adapter = adapter
        self.required = required
        self.names = {field: field.replace("_", "-") if part == "headers" else field for field in fields}
        self._part = part
        self._lists = {field for field, value in fields.items() if _is_list(value, schema)}

    def read(self, request: web.Request) -> dict[str, Any]:
        """Return what the request has of them, still as texts."""
        if self._part == "path":
            return dict(request.match_info)
        values = request.query if self._part == "query" else request.headers
        found = {field: self._value(field, values.getall(name)) for field, name in self.names.items() if name in values}
        if self._part == "query":  # what is not known is there for a model that forbids it
            found |= {name: values[name] for name in values if name not in self.names}
        return found

    def _value(self, field: str, values: list[str]) -> Any:
        """Return the value; all of them for a list, and where there must be only one, so that it is refused."""
        return values if field in self._lists or len(values) > 1 else values[0]


def _is_list(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    schema = _resolve(schema, root)
    if any(_is_list(kind, root) for kind in schema.get("anyOf", ())):
        return True
    return schema.get("type") == "array"


def _resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema, or what it refers to among the definitions."""
    if "$ref" in schema:
        found: Mapping[str, Any] = root["$defs"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema
