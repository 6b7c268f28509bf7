"""`openapi_document`: the OpenAPI 3.1 document of an aiohttp application's typed handlers.

The schemas are pydantic's own: OpenAPI 3.1 and pydantic speak the same JSON Schema, draft 2020-12.
"""

from __future__ import annotations

import http
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import pydantic
from aiohttp import hdrs, web

from asab_web.rest._operation import Operation
from asab_web.rest._typed import operation_of

_REFERENCE: Final = "#/components/schemas/{model}"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_IN: Final = {"path": "path", "query": "query", "headers": "header"}
_PROBLEM: Final = "Problem"

_Schemas = Mapping[tuple[str, str], Mapping[str, Any]]


class _Route(NamedTuple):
    """A typed handler at its place; `key` is the operationId, too."""

    key: str
    path: str
    method: str
    operation: Operation


def openapi_document(webapp: web.Application, title: str, version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the typed handlers of an application, those of its sub-applications included.

    Args:
        webapp: The aiohttp application.
        title: The title of the document.
        version: The version of the API.
    """
    routes = list(_routes(webapp))
    schemas, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = _described(route, schemas, definitions)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version or "0"},
        "paths": paths,
        "components": {"schemas": definitions | {_PROBLEM: _PROBLEM_SCHEMA}},
    }


def _routes(webapp: web.Application) -> Iterator[_Route]:
    for route in webapp.router.routes():
        if route.resource is None:
            continue
        for method, handler in _handlers(route):
            if (operation := operation_of(handler)) is not None:
                path = route.resource.canonical
                words = re.findall(r"\w+", path)
                yield _Route("_".join((method, *words)), path, method, operation)


def _handlers(route: web.AbstractRoute) -> Iterator[tuple[str, object]]:
    """Yield the methods of a route, and the handler of each; a view has several."""
    if isinstance(route.handler, type):
        yield from ((method, getattr(route.handler, method, None)) for method in _METHODS)
    elif route.method == hdrs.METH_ANY:
        yield from ((method, route.handler) for method in _METHODS if method not in ("head", "options", "trace"))
    elif route.method != hdrs.METH_HEAD:  # aiohttp adds it to every GET
        yield route.method.lower(), route.handler


def _schemas(routes: list[_Route]) -> tuple[_Schemas, dict[str, Any]]:
    """Return the schema of each part of each route, and the definitions that they refer to.

    All at once, so that models of the same name in different modules get names of their own.
    """
    inputs: list[tuple[tuple[str, str], Literal["validation", "serialization"], pydantic.TypeAdapter[Any]]] = []
    for key, _, _, operation in routes:
        inputs += [((key, name), "validation", parameters.adapter) for name, parameters in operation.parameters.items()]
        if operation.body is not None:
            inputs.append(((key, "body"), "validation", operation.body))
        if operation.result is not None:
            inputs.append(((key, "result"), "serialization", operation.result))
    found, definitions = pydantic.TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
    return {key: schema for (key, _), schema in found.items()}, dict(definitions.get("$defs", {}))


def _described(route: _Route, schemas: _Schemas, definitions: Mapping[str, Any]) -> dict[str, Any]:
    operation = route.operation
    summary, _, description = (inspect.getdoc(operation.handler) or "").partition("\n")
    described: dict[str, Any] = {"operationId": route.key}
    described |= {name: text for name, text in (("summary", summary), ("description", description.strip())) if text}
    if parameters := list(_parameters(route, schemas, definitions)):
        described["parameters"] = parameters
    if operation.body is not None:
        content = {"application/json": {"schema": schemas[route.key, "body"]}}
        described["requestBody"] = {"content": content, "required": operation.body_is_required}
    described["responses"] = _responses(route, schemas)
    return described


def _parameters(route: _Route, schemas: _Schemas, definitions: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    described = set()
    for part, parameters in route.operation.parameters.items():
        model = schemas[route.key, part]
        if "$ref" in model:
            model = definitions[model["$ref"].rpartition("/")[2]]
        for field, schema in model["properties"].items():
            name = parameters.names[field]
            required = part == "path" or (parameters.required and field in model.get("required", ()))
            if part == "path":
                described.add(name)
            yield {"name": name, "in": _IN[part], "required": required, "schema": schema}
    for name in re.findall(r"\{(\w+)\}", route.path):
        if name not in described:
            yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _responses(route: _Route, schemas: _Schemas) -> dict[str, Any]:
    operation = route.operation
    status = 204 if operation.is_empty else operation.status
    success: dict[str, Any] = {"description": http.HTTPStatus(status).phrase}
    if operation.result is not None:
        success["content"] = {"application/json": {"schema": schemas[route.key, "result"]}}
    wrong = {"400": "The body is not JSON", "415": "The body is not said to be JSON"} if operation.body else {}
    if operation.body or operation.parameters:
        wrong["422"] = "The request is not of the types above"
    wrong["default"] = "An error"
    return {str(status): success} | {code: _error(text) for code, text in wrong.items()}


def _error(description: str) -> dict[str, Any]:
    reference = {"schema": {"$ref": _REFERENCE.format(model=_PROBLEM)}}
    kinds = {"application/problem+json": reference, "application/json": reference, "text/plain": {}}
    return {"description": description, "content": kinds}


_PROBLEM_SCHEMA: Final = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "message": {"type": "string", "description": "The same as `detail`."},
        "uuid": {"type": "string", "format": "uuid", "description": "The log has it, too."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "in": {"enum": ["body", "query", "path", "headers"]},
                    "pointer": {"type": "string", "description": "The field, as a JSON pointer."},
                    "detail": {"type": "string"},
                },
                "required": ["in", "pointer", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "message", "uuid"],
}
