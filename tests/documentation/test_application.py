"""The chapter "Application"."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.documentation.catalogue import Example

# What an application says once its signals are answered and its run-time has begun.
READY = "NOTICE .* is ready"
PROGRAMS = [example("application/subclassing.py"), example("application/direct_use.py")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.path)
def test_a_bare_application_runs_until_a_signal_ends_it(
    tmp_path: Path, program: Example, number: signal.Signals
) -> None:
    """Ctrl-C and a service manager's SIGTERM both are a clean end."""
    with start(tmp_path, program.text()) as process:
        process.wait_for(READY, "stderr")
        process.send(number)
        finish(process)


def test_a_coroutine_is_scheduled_on_the_loop_of_the_application(tmp_path: Path) -> None:
    """`Application.Loop` is the loop that really runs."""
    scaffold = """
        import asyncio
        import asab

        async def my_coro():
            print("my_coro runs")
            Application.stop()

        Application = asab.Application()
        <example>
        Application.run()
        """
    done = finish(start(tmp_path, fill(scaffold, example=example("application/event_loop.py").text())))
    assert done.stdout == "my_coro runs\n"


STOPPING = """
    import asab

    <example>

    class StoppingApplication(MyApplication):
        async def main(self):
            print("main", [type(module).__name__ for module in self.Modules])
            self.stop()

    app = StoppingApplication()
    app.PubSub.subscribe("Application.exit!", print)
    app.run()
    """
MODULE = """
    import asab

    class {name}(asab.Module):
        async def initialize(self, app):
            print("{name} initialized")
    """


def test_initialize_adds_a_module(tmp_path: Path) -> None:
    """Custom initialization is where an application loads what it consists of."""
    write(tmp_path, {"module_sample.py": MODULE.format(name="Module")})
    done = finish(start(tmp_path, fill(STOPPING, example=example("application/initialize.py").text())))
    assert done.stdout.splitlines() == ["Module initialized", "main ['Module']", "Application.exit!"]


def test_the_module_registry_lists_what_was_added(tmp_path: Path) -> None:
    """`Application.Modules` tells an application what it runs."""
    write(tmp_path, {"my_module.py": MODULE.format(name="MyModule")})
    done = finish(start(tmp_path, fill(STOPPING, example=example("application/add_module.py").text())))
    assert done.stdout.splitlines() == ["MyModule initialized", "main ['MyModule']", "Application.exit!"]


def test_main_prints_and_stops(tmp_path: Path) -> None:
    """`main()` is the place of the user's work, `stop()` its end."""
    scaffold = """
        import asab

        <example>

        MyApplication().run()
        """
    done = finish(start(tmp_path, fill(scaffold, example=example("application/main.py").text())))
    assert done.stdout == "Hello world!\n"


def test_finalize_runs_at_exit_time(tmp_path: Path) -> None:
    """A custom finalization takes part in a clean end."""
    done = finish(start(tmp_path, fill(STOPPING, example=example("application/finalize.py").text())))
    assert done.stdout.splitlines() == ["main []", "Application.exit!"]


def test_the_exit_code_reaches_the_shell(tmp_path: Path) -> None:
    """`run()` returns the code with which the program ends, here one that `stop()` was given."""
    scaffold = """
        import sys
        import asab

        class MyApplication(asab.Application):
            async def main(self):
                self.stop(5)

        asab.Application = MyApplication
        <example>
        """
    finish(start(tmp_path, fill(scaffold, example=example("application/exit_code.py").text())), code=5)


def test_a_service_is_found_by_its_name(tmp_path: Path) -> None:
    """The service registry is how parts of an application find each other."""
    scaffold = """
        import asab

        class SampleService(asab.Service):
            def hello(self):
                print("hello of", self.Name)

        app = asab.Application()
        SampleService(app, "service_sample")
        <example>
        app.stop()
        app.run()
        """
    done = finish(start(tmp_path, fill(scaffold, example=example("application/get_service.py").text())))
    assert done.stdout == "hello of service_sample\n"
