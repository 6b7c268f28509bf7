"""`VirtualRun`: a whole application in a test, a day of its timers and ticks in a second.

    def test_an_hour_is_sixty_reports() -> None:
        with VirtualRun(MyApplication, config={"asab:web": {"listen": "127.0.0.1:0"}}) as run:
            run.sleep(3600)
            assert run.app.reports == 60

It is for any test runner: a test that uses it is a plain function, and so is a fixture that hands it out.

The rules: only `sleep` makes the clock jump. Init-time, exit-time and `wait_for` are in real time, so that sockets,
threads and processes are not overtaken by the timeouts set for them; while `sleep` jumps, they are. `time.time()` is
the real one always, `app.time()` and `app.Loop.time()` go with the clock of the run.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from asab_app import _loop
from asab_app.application import Application
from asab_config import Config
from asab_utils import Singleton
from asab_utils.testing import VirtualLoop

A = TypeVar("A", bound=Application)
T = TypeVar("T")

_SOURCE = "configuration of the test"


class VirtualRun(Generic[A]):
    """The life of an application in a `with` block: init-time at its head, run-time within it, exit-time at its end.

    The object is a subclass of the application's class with an event loop of its own kind, a `VirtualLoop`, whatever
    `[general] event_loop` and `create_event_loop` say. Afterwards it is forgotten: another test makes another one.

    Attributes:
        app: The application, which is there from the head of the block on.
    """

    app: A
    _living: asyncio.Task[None]

    def __init__(
        self,
        application_class: type[A],
        *,
        args: Sequence[str] = (),
        config: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Prepare a run; nothing happens yet.

        Args:
            application_class: The class of the application.
            args: Its command line, as in `["-c", "site.conf"]`.
            config: Section to option to value: what wins over the configuration file in this run.
        """
        self._class = _in_virtual_time(application_class, config or {})
        self._args = list(args)
        self._is_over = False

    def __enter__(self) -> Self:
        """Go through init-time, to the beginning of run-time.

        Raises:
            SystemExit: If the start fails, as by the constructor of an application.
        """
        try:
            self.app = self._class(args=self._args)
        except BaseException:
            self._forget()
            raise
        self._living = self.app.Loop.create_task(self.app._live())
        self.wait_for(asyncio.sleep(0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the application, unless `stop()` has done that.

        Raises:
            AssertionError: If it is stopped here, nothing else has failed, and the exit code is not 0.
        """
        if self._is_over:
            return
        exit_code = self.stop()
        if error is None and exit_code != 0:
            raise AssertionError(f"{self._class.__name__} ended with exit code {exit_code}; its log says why")

    def sleep(self, seconds: float) -> None:
        """Let time pass, in a moment: whatever is due is done at its virtual time, in its order.

        Args:
            seconds: How much, by the clock of the application's loop.
        """
        self._clock.real_time = False
        try:
            _loop.run(self.app, asyncio.sleep(seconds))
        finally:
            self._clock.real_time = True

    def wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop of the application, in real time, such as a request to its web server.

        Args:
            coroutine: What to run to its end; without a timeout of its own it has no other.

        Returns:
            What the coroutine returns; what it raises is raised.
        """
        return _loop.run(self.app, coroutine)

    def stop(self) -> int:
        """Stop the application if it has not stopped itself, go through exit-time, and forget the application.

        Returns:
            Its exit code.
        """
        self._is_over = True
        try:
            if not self.app._stop_asked:
                self.app.stop()
            _loop.run(self.app, _ended(self._living))
        finally:
            self.app._close()
            self._forget()
        return self.app.ExitCode

    @property
    def _clock(self) -> VirtualLoop:
        loop = self.app.Loop
        assert isinstance(loop, VirtualLoop)
        return loop

    def _forget(self) -> None:
        Singleton.delete(self._class)
        Config.override({}, _SOURCE)


async def _ended(task: asyncio.Task[None]) -> None:
    await task


def _in_virtual_time(application_class: type[A], config: Mapping[str, Mapping[str, Any]]) -> type[A]:
    """Return a subclass that differs in its event loop and in what is configured."""

    class InVirtualTime(application_class):  # type: ignore[misc, valid-type]  # checkers cannot follow a class that is a value
        def parse_args(self) -> argparse.Namespace | None:
            arguments: argparse.Namespace | None = super().parse_args()
            # What is set stands above files that were there before it, also when they are read once more.
            Config.load(getattr(arguments or self._arguments, "config", None))
            Config.override(config, _SOURCE)
            return arguments

        def create_event_loop(self) -> asyncio.AbstractEventLoop:
            loop = VirtualLoop()
            loop.real_time = True
            return loop

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(InVirtualTime, name, getattr(application_class, name))
    return InVirtualTime
