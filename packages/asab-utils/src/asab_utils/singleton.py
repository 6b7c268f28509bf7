"""`Singleton`: a class of which there is one object."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar


class Singleton(type):
    """A metaclass: the first call of the class makes the object, every later call returns it.

    A constructor that raises leaves nothing behind. A subclass has an object of its own.

    Example:
        >>> class MyClass(metaclass=Singleton): ...
        >>> MyClass() is MyClass()
        True
    """

    _instances: ClassVar[dict[type, Any]] = {}
    _lock: ClassVar[threading.RLock] = threading.RLock()

    if not TYPE_CHECKING:  # so that checkers see the constructor of the class

        def __call__(cls, *args, **kwargs):
            """Return the object; the arguments count only where it is made."""
            with Singleton._lock:
                if cls not in Singleton._instances:
                    Singleton._instances[cls] = super().__call__(*args, **kwargs)
                return Singleton._instances[cls]

    def delete(cls) -> None:
        """Forget the object, as `Singleton.delete(MyClass)`: the next call makes another. Meant for tests."""
        with Singleton._lock:
            Singleton._instances.pop(cls, None)
