"""`Application`: init-time, run-time and exit-time of a server (documentation, chapter Application).

The laws:

1. Init-time is the constructor: arguments, configuration, logging, event loop, signals, `initialize()`, then every
   module and service in the order of registration, then `Application.init!`. `run()` is run-time, then exit-time.
2. A start that fails leaves the constructor by `SystemExit`, with what was started stopped again, so that a bare
   `app.run()` cannot report success. `stop()` in init-time ends it in the same way, with its exit code.
3. Exit-time always follows, whatever `main()` does, and every step of it has a deadline.
4. `stop()` may be called from anywhere; the third call aborts.
5. Of all exit codes that are set the highest wins, unless one is forced.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import os
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from asab_app import _arguments, _collector, _daemon, _failures, _inspection, _loop, _tasks, _watchdog
from asab_app._components import finalize
from asab_app._construction import Constructed
from asab_app._hangup import hang_up
from asab_app._messages import Messages
from asab_app._reaper import stand_in
from asab_app._service_manager import ServiceManager
from asab_app._signals import Signals
from asab_app._starting import Start
from asab_app._threads import Threads
from asab_app._ticks import Ticks
from asab_app._watchdog import Watchdog
from asab_app.errors import EX_SOFTWARE
from asab_app.registry import Registry
from asab_config import Config, ConfigError
from asab_log import LOG_NOTICE, Logging
from asab_pubsub import PubSub

L = logging.getLogger(__name__)


class Application(Registry, metaclass=Constructed):
    """The one application of the process.

    Attributes:
        Description: The text of `--help`.
        Version: The version that `--version` prints.
        Loop: The event loop.
        PubSub: The application-wide message bus.
        ExitCode: What `run()` returns.
        LaunchTime: When the application was launched, in seconds since the epoch (UTC).
        Logging: The log outputs.
    """

    Description = ""
    Version = ""

    def __init__(self, args: Sequence[str] | None = None) -> None:
        """Go through init-time.

        Args:
            args: The command line without the program's name; by default that of the process.

        Raises:
            SystemExit: If the start fails, with the exit code; what is wrong has been said on stderr.
        """
        _loop.refuse_to_nest()
        super().__init__()
        self.LaunchTime: float = time.time()
        self.ExitCode: int = 0
        self._args = args
        self._arguments = argparse.Namespace()
        self._stops = itertools.count(1)
        self._stop_asked = False
        self._stop_delay = 0.0
        self._stopping = asyncio.Event()
        self._signals = Signals({"SIGINT": self.stop, "SIGTERM": self.stop, "SIGHUP": self._hup})
        try:
            self._arguments = self.parse_args() or self._arguments
            _arguments.load_configuration(self._arguments)
            if (what := getattr(self._arguments, "config_explain", None)) is not None:
                raise SystemExit(_inspection.explain(what))
            if getattr(self._arguments, "config_check", False):
                raise SystemExit(_inspection.check(self))
            self._finalize_timeout = _arguments.positive_seconds("finalize_timeout")
            self._initialize_timeout = _arguments.positive_seconds("initialize_timeout")
            self._tick_period = _arguments.positive_seconds("tick_period")
            self._health_timeout = _arguments.positive_seconds("health_timeout")
            self._watchdog = Watchdog(_watchdog.threshold())
            threads = _arguments.threads()
            _arguments.trace()
            verbose = Config.getboolean("logging", "verbose")
            stand_in()
            self._report_start = _daemon.obey(self._arguments)
            self.Loop: asyncio.AbstractEventLoop = self.create_event_loop()
        except ConfigError as e:
            _failures.refuse(e)
        self.Loop.set_exception_handler(_loop.on_exception)
        self.Loop.set_default_executor(Threads(threads, "asab", self._finalize_timeout))
        asyncio.set_event_loop(self.Loop)  # for code that asks for it before it runs
        self.Loop.set_debug(self.Loop.get_debug() or verbose)
        self._clock = self.LaunchTime - self.Loop.time()
        self.PubSub: PubSub = PubSub(self)
        self._messages = Messages(self)
        self._service_manager = ServiceManager(self)
        self._start()
        Constructed.started = self

    # Init-time

    def parse_args(self) -> argparse.Namespace | None:
        """Process the command line; called in init-time. For overriding.

        Returns:
            The arguments. The options `config`, `verbose`, `log_file` and `syslog` are obeyed where they are there.
        """
        return self.parse_arguments(self._args)

    def create_argument_parser(self, **options: Any) -> argparse.ArgumentParser:
        """Return the parser of the common options, to which an override may add its own.

        Args:
            **options: For `argparse.ArgumentParser`, such as `prog` or `epilog`.
        """
        return _arguments.create_parser(self.Version, **{"description": self.Description, **options})

    def parse_arguments(self, args: Sequence[str] | None = None) -> argparse.Namespace | None:
        """Parse the command line with the parser of `create_argument_parser`. For overriding.

        Args:
            args: The command line without the program's name; by default that of the process.
        """
        self._arguments = self.create_argument_parser().parse_args(args)
        return self._arguments

    def create_event_loop(self) -> asyncio.AbstractEventLoop:
        """Return a new event loop for the application. For overriding, as tests do that need a virtual clock."""
        return _loop.new_loop()

    async def initialize(self) -> None:
        """Set the application up; called in init-time, before modules and services. For overriding.

        Raises:
            Exception: Whatever it raises ends the start.
        """

    def _start(self) -> None:
        try:
            self.Logging: Logging = Logging(self)
        except ConfigError as e:
            _loop.close_loop(self.Loop, None, self._finalize_timeout)
            _failures.refuse(e)
        self._signals.install()
        if not _loop.run(self, self._initialize()):
            self._close()
            raise SystemExit(self.ExitCode)

    def _give_up(self, error: BaseException) -> NoReturn:
        _failures.report(self, error, "in the constructor of the application")
        _loop.run(self, self._exit_time())
        self._close()
        raise SystemExit(self.ExitCode) from None

    async def _initialize(self) -> bool:
        if not await Start(self, self._initialize_timeout, self._finalize_timeout).run():
            return False
        await self._messages.finish("Application.init!", self._finalize_timeout)
        return True

    # Run-time

    def run(self) -> int:
        """Go through run-time and exit-time.

        Returns:
            `ExitCode`.
        """
        try:
            self._watchdog.start(self.Loop)
            with _collector.roomy():
                _loop.run(self, self._live())
        finally:
            self._watchdog.stop()
            self._close()
        return self.ExitCode

    async def main(self) -> None:
        """Do what the application is for; called in run-time. For overriding.

        When it returns without `stop()`, the application runs on. An exception stops the application with exit code 70.
        When the application stops first, it is cancelled.
        """

    def stop(self, exit_code: int | None = None) -> None:
        """End run-time gracefully, from any thread, coroutine or signal handler.

        `Application.stop!` is published with the number of the call as its argument, soon, in the event loop. The third
        call aborts the process at once with exit code 70.

        Args:
            exit_code: As for `set_exit_code`.
        """
        if exit_code is not None:
            self.set_exit_code(exit_code)
        self._stop_asked = True
        count = next(self._stops)
        if count >= 3:
            os.write(2, b"Emergency abort: stop was asked for three times.\n")
            os._exit(EX_SOFTWARE)
        _loop.call_soon(self, self._on_stop, count)

    def delay_stop(self, seconds: float) -> None:
        """Have run-time go on for some time after the stop was asked for; of several delays the longest holds.

        Meanwhile the application is not ready (`app.Health`) and still serves, until a load balancer has noticed and
        sends work elsewhere. A second `stop()` ends the delay.

        Args:
            seconds: The time between `Application.stop!` and the end of `main()`.
        """
        self._stop_delay = max(self._stop_delay, seconds)

    def _end(self, exit_code: int) -> None:
        """Stop for a reason of the application's own: it does not count towards the emergency abort."""
        self.set_exit_code(exit_code)
        if not self._stop_asked:
            self.stop()

    async def _live(self) -> None:
        if not self._stopping.is_set():
            await self._run_time()
        await self._exit_time()

    async def _run_time(self) -> None:
        self._running = True
        self._components.report.phase("run")
        subscribers = self._messages.publish("Application.run!")
        ticks = Ticks(self.Loop, self._messages, self._tick_period)
        self.Health.begin(self._health_timeout, ticks)
        self._service_manager.ready()
        ticks.start()
        self._supervisor.start(_tasks.call(self.main), "main()", vital=True)
        await self._stopping.wait()
        ticks.stop()
        self._running = False
        await self._supervisor.cancel(self._finalize_timeout)
        await _tasks.finish(subscribers, self._finalize_timeout)

    def _on_stop(self, count: int) -> None:
        if count == 1:
            L.log(LOG_NOTICE, "is stopping.")
            self._service_manager.stopping()
        if count == 1 and self._running and self._stop_delay:
            self._service_manager.step("work goes elsewhere", self._stop_delay)
            self.Loop.call_later(self._stop_delay, self._stopping.set)
        else:
            self._stopping.set()
        self._messages.publish("Application.stop!", count)

    def _hup(self) -> None:
        _loop.call_soon(self, hang_up, self)

    # Exit-time

    async def finalize(self) -> None:
        """Take the application down; called in exit-time, after modules and services. For overriding."""

    def set_exit_code(self, exit_code: int, force: bool = False) -> None:
        """Set the exit code.

        Args:
            exit_code: Taken if it is higher than what was set before.
            force: Whether to take it in any case.
        """
        if force or self.ExitCode < exit_code:
            self.ExitCode = exit_code

    async def _exit_time(self) -> None:
        self._components.report.phase("exit")
        await self._messages.finish("Application.exit!", self._finalize_timeout)
        await self._components.stop(self._finalize_timeout)
        await finalize(self, self, "the application", self._finalize_timeout)
        self._messages.name_unfinished()

    def _close(self) -> None:
        self._components.report.publish(self)
        try:
            _loop.close_loop(self.Loop, self.Logging, self._finalize_timeout)
        finally:
            self._signals.restore()

    # Time

    def time(self) -> float:
        """Return the present time in seconds since the epoch (UTC), by the clock of the event loop: it never jumps."""
        return self._clock + self.Loop.time()
