"""The metaclass of `Application`: one object, and no constructor that fails leaves something running.

The rule: what a subclass does in its constructor after init-time is a part of the start. When it raises, what was
started is stopped again, and the constructor is left by `SystemExit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from asab_utils import Singleton

if TYPE_CHECKING:
    from asab_app.application import Application


class Constructed(Singleton):
    """A `Singleton` whose constructor runs an application's init-time.

    Attributes:
        started: What has gone through init-time, as long as the constructor runs.
    """

    started: ClassVar[Application | None] = None

    if not TYPE_CHECKING:  # so that checkers see the constructor of the class

        def __call__(cls, *args, **kwargs):
            """Return the object."""
            try:
                application = super().__call__(*args, **kwargs)
                if Constructed.started is not None:
                    Constructed.started._report_start()
                return application
            except BaseException as e:
                if Constructed.started is None:
                    raise
                Constructed.started._give_up(e)
            finally:
                Constructed.started = None
