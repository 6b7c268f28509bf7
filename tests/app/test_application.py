"""`Application` as a program sees it: registries, exit codes, the command line."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from asab_app import Application, Module, Service

Make = Callable[..., Any]


class Stopping(Application):
    async def main(self) -> None:
        self.stop()


def test_there_is_one_application(make: Make) -> None:
    """The class gives the same object until it is forgotten."""
    app = make(Stopping)
    assert Stopping() is app
    assert app.run() == 0


def test_services_are_found_by_name(make: Make) -> None:
    """An unknown name tells the known ones."""

    class Named(Stopping):
        async def initialize(self) -> None:
            self.first = Service(self, "first")
            Plain(self)

    class Plain(Service):
        pass

    app = make(Named)
    assert app.get_service("first") is app.first is app.Services["first"]
    assert app.first.Name == "first"
    assert app.get_service("Plain").App is app
    with pytest.raises(KeyError, match="no service 'second' is registered; known: Plain, first"):
        app.get_service("second")
    app.run()


def test_two_services_of_one_name_end_the_start(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    """The second would silently hide the first."""

    class Twice(Stopping):
        async def initialize(self) -> None:
            Service(self, "one")
            Service(self, "one")

    with pytest.raises(SystemExit) as exit_info:
        make(Twice)
    assert exit_info.value.code == 70
    assert "'one'" in capsys.readouterr().err


def test_a_module_is_added_once(make: Make) -> None:
    """Two modules may both need a third."""

    class Extra(Module):
        pass

    class Modular(Stopping):
        async def initialize(self) -> None:
            self.pair = self.add_module(Extra), self.add_module(Extra)

    app = make(Modular)
    assert app.pair[0] is app.pair[1]
    assert app.Modules == [app.pair[0]]
    app.run()


def test_the_highest_exit_code_wins_unless_forced(make: Make) -> None:
    """As documented for set_exit_code."""
    app = make(Stopping)
    app.set_exit_code(3)
    app.set_exit_code(2)
    assert app.ExitCode == 3
    app.set_exit_code(1, force=True)
    assert app.ExitCode == 1
    assert app.run() == 1


def test_the_clock_is_the_wall_clock_by_the_loop(make: Make) -> None:
    """Seconds since the epoch that never jump."""
    before = time.time()
    app = make(Stopping)
    assert before <= app.LaunchTime <= app.time() <= time.time() + 1
    app.run()


def test_the_loop_is_closed_and_nothing_is_left(make: Make) -> None:
    """The process may go on after run(), as tests do."""

    class Generating(Application):
        async def main(self) -> None:
            async for _ in self.numbers():
                self.stop()
                return

        async def numbers(self) -> Any:
            try:
                yield 1
                yield 2
            finally:
                closed.append(True)

    closed: list[bool] = []
    app = make(Generating)
    assert not app.Loop.is_closed()
    assert app.run() == 0
    assert app.Loop.is_closed()
    assert closed == [True]
    app.stop()


def test_an_application_adds_its_own_arguments(make: Make) -> None:
    """Through the parser of the common options; no letter of the user's is taken."""

    class Own(Stopping):
        Description = "Converts things."

        def create_argument_parser(self, **options: Any) -> argparse.ArgumentParser:
            parser = super().create_argument_parser(prog="converter", **options)
            parser.add_argument("-w", "--web", help="where to listen")
            return parser

        def parse_arguments(self, args: Sequence[str] | None = None) -> None:
            arguments = super().parse_arguments(args)
            assert arguments is not None
            self.web = arguments.web

    app = make(Own, "-w", "8080")
    assert app.web == "8080"
    assert "Converts things." in app.create_argument_parser().format_help()
    app.run()


def test_parse_args_can_be_replaced_altogether(make: Make) -> None:
    """The documented hook, with a parser of one's own."""

    class Own(Stopping):
        def parse_args(self) -> argparse.Namespace:
            return argparse.Namespace(verbose=False)

    assert make(Own).run() == 0


def test_the_log_file_of_the_command_line_is_taken_literally(make: Make, tmp_path: Any) -> None:
    """A path with a dollar or a percent sign is a path."""
    path = tmp_path / "100%%$HOME.log"
    app = make(Stopping, "-l", str(path))
    assert path.exists()
    app.run()


def test_an_application_runs_outside_the_main_thread(make: Make) -> None:
    """There are no signals there, and nothing is installed."""
    codes: list[int] = []

    async def main() -> None:
        await asyncio.to_thread(lambda: codes.append(make(Stopping).run()))

    asyncio.run(main())
    assert codes == [0]
