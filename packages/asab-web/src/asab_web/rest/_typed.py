"""`typed_handler`: a handler whose annotations say what it takes and what it answers."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, overload

from aiohttp import web

from asab_web.rest._arguments import request_of

if TYPE_CHECKING:
    from asab_web.rest._operation import Operation

_Handler = Callable[..., Awaitable[Any]]
_WebHandler = Callable[..., Awaitable[web.StreamResponse]]

_OPERATION: Final = "__asab_operation__"


@overload
def typed_handler(handler: _Handler) -> _WebHandler: ...
@overload
def typed_handler(*, status: int = ...) -> Callable[[_Handler], _WebHandler]: ...
def typed_handler(handler: _Handler | None = None, *, status: int = 200) -> Any:
    """Decorate a handler: the request is checked against the types of its arguments, which are handed over.

    The handler takes the request, and any of the keyword arguments `body` (JSON; any type that pydantic knows), `path`,
    `query` and `headers` (a pydantic model, or a class like one, with a field for each value; a header's underscores
    are hyphens). An argument with a default value may be left out of the request as a whole.

    Types are taken as pydantic takes them: a model whose `"5"` is no number says `model_config = {"strict": True}`.

    A request that does not fit is answered before the handler is called: 415 for a body that is not said to be JSON,
    400 for one that is none, 422 for what is not of the type, with the fields that are wrong. What the handler returns
    is answered as JSON of the annotated type, `None` as 204; an answer of aiohttp is passed on.

    The annotations are the handler's part of the OpenAPI document, the first line of its docstring is its summary.

    Example:
        >>> @typed_handler(status=201)
        ... async def create(request: web.Request, body: Order) -> Order:
        ...     return await orders.add(body)

    Args:
        handler: The handler: a function, a method, or a method of an `aiohttp.web.View`.
        status: The status of an answer that is not `None`.

    Raises:
        TypeError: If an annotation is missing or is no type that a request can be checked against; at decoration time.
        RuntimeError: If pydantic is not installed.
    """
    if handler is None:
        return functools.partial(_decorate, status=status)
    return _decorate(handler, status=status)


def operation_of(handler: object) -> Operation | None:
    """Return what a handler takes and answers; None if it is not typed."""
    operation: Operation | None = getattr(handler, _OPERATION, None)
    return operation


def _decorate(handler: _Handler, *, status: int) -> _WebHandler:
    try:
        from asab_web.rest._operation import Operation
    except ImportError as e:
        raise RuntimeError(f'typed_handler needs pydantic ({e}): pip install "asab-web[openapi]"') from e
    operation = Operation(handler, status)

    @functools.wraps(handler)
    async def checked(*args: Any) -> web.StreamResponse:
        values = await operation.read(request_of(args))
        return operation.answer(await handler(*args, **values))

    setattr(checked, _OPERATION, operation)
    return checked
