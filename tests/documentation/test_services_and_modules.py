"""The chapters "Service" and "Module"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start, write

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "import asab\n\n" + example("service/skeleton.py").text()


def test_a_service_is_created_located_and_used(tmp_path: Path) -> None:
    """The skeleton of a service is a working service, under the name that it was given."""
    scaffold = """
        <skeleton>

        class MyApplication(asab.Application):
            async def initialize(self):
                app = self
                <create>
                self.created = mysvc

            async def main(self):
                app = self
                <locate>
                print(mysvc is self.created, mysvc.Name, list(self.Services))
                self.stop()

        MyApplication().run()
        """
    source = fill(
        scaffold,
        skeleton=SERVICE,
        create=example("service/create.py").text(),
        locate=example("service/locate.py").text(),
    )
    done = finish(start(tmp_path, source))
    assert done.stdout == "True my_service ['my_service']\n"


def test_a_module_of_the_recommended_structure_is_loaded(tmp_path: Path) -> None:
    """The folder of the page, with the content of the page, brings its service and its defaults."""
    folder, *names = [line.strip() for line in example("module/structure.txt").lines()]
    texts = dict(zip(sorted(names), [example("module/init.py").text(), SERVICE], strict=True))
    write(tmp_path, {folder + name: text for name, text in texts.items()})
    scaffold = """
        import asab

        class MyApplication(asab.Application):
            async def initialize(self):
                app = self
                <load>

            async def main(self):
                print([type(module).__name__ for module in self.Modules], asab.Config["mymodule"]["foo"])
                print(self.get_service("MyService") is self.Modules[0].service)
                self.stop()

        MyApplication().run()
        """
    done = finish(start(tmp_path, fill(scaffold, load=example("module/load.py").text())))
    assert done.stdout.splitlines() == ["['MyModule'] bar", "True"]
