"""`context`: structured data for every record that is made inside of a block, in awaits and tasks too.

The rule: what holds is what held where the code was called, as `contextvars` has it. Nothing is kept in the object of
the block, so that one may be entered again, by several tasks at once.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import ParamSpec, Self, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")
    # The data that hold, merged; the block that has brought the last of them; what held before.
    Bound = tuple[dict[str, object], object, "Bound | None"]

_bound: ContextVar[Bound | None] = ContextVar("asab_log.context", default=None)

bound = _bound.get
"""Return what holds here, the merged data first, or `None`."""


class context:
    """Structured data for each record that is made inside, whatever logger makes it.

    `with context(request_id="a1"):` holds in the block, in all that it awaits, in the tasks that it starts, for as long
    as these run, and in `asyncio.to_thread`; not in other threads and executors, which begin with nothing. Blocks in
    blocks add up; of two values with one name the inner counts, and `struct_data` of the call counts more than both.
    As a decorator it holds while the function runs, which may be a coroutine function.
    """

    def __init__(self, /, **struct_data: object) -> None:
        """Take the data, as `struct_data` of a log call takes them."""
        self._struct_data = struct_data

    def __enter__(self) -> Self:
        """Let the data hold from here on."""
        before = _bound.get()
        merged = {**before[0], **self._struct_data} if before is not None else dict(self._struct_data)
        _bound.set((merged, self, before))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let hold again what held before; a generator that ends in another context has nothing to undo there."""
        present = _bound.get()
        if present is not None and present[1] is self:
            _bound.set(present[2])

    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]:
        """Return the function with the data holding inside of it.

        Raises:
            TypeError: For a generator function: its caller runs between its steps, and would get the data too.
        """
        import inspect  # costs more than the rest of the layer, and only decorators need it

        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"context(...) cannot decorate the generator function {function!r}; use it in the caller")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: P.args, **kwargs: P.kwargs) -> object:
                with self:
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return called


def merged(outer: dict[str, object], struct_data: object) -> dict[str, object]:
    """Return the data of a call on top of those that hold; what is no readable mapping stands as one value."""
    if struct_data is None:
        return outer
    try:
        inner = dict(struct_data) if isinstance(struct_data, Mapping) else {"struct_data": struct_data}
    except Exception:  # a mapping of somebody else's making
        inner = {"struct_data": struct_data}
    return {**outer, **inner}
