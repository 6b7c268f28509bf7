"""A package index of its own (PEP 503) on the loopback, with the wheels of third parties that are installed here."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, distribution
from pathlib import Path
from threading import Thread

from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

# What an installer adds to a package.
INSTALLED = ("INSTALLER", "REQUESTED", "direct_url.json")


class Index:
    """A folder for each project, with its files; a directory's listing is what an index has to answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def upload(self, file: Path) -> None:
        """Take a file in, which is there from then on and never changes."""
        project = self.folder / canonicalize_name(file.name.partition("-")[0])
        project.mkdir(parents=True, exist_ok=True)
        with (project / file.name).open("xb") as copy:
            copy.write(file.read_bytes())

    def add_installed(self, *names: str) -> None:
        """Take in distributions that are installed here, and all that they require."""
        found: dict[str, Distribution] = {}
        wanted = [*map(canonicalize_name, names)]
        while wanted:
            if (name := wanted.pop()) not in found:
                found[name] = distribution(name)
                lines = [Requirement(line) for line in found[name].requires or ()]
                needed = [line for line in lines if not line.marker or line.marker.evaluate({"extra": ""})]
                wanted += [canonicalize_name(line.name) for line in needed]
        for project, each in found.items():
            (self.folder / project).mkdir(parents=True)
            pack(each, self.folder / project)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the folder; yield the address."""
        handler = type("Handler", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=self.folder)) as server:
            thread = Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/"
            finally:
                server.shutdown()
                thread.join()


def pack(installed: Distribution, into: Path) -> None:
    """Write the wheel that a distribution was installed from, but for its scripts."""
    tags = {line.removeprefix("Tag: ") for line in (installed.read_text("WHEEL") or "").splitlines()}
    tag = next(str(tag) for tag in sys_tags() if str(tag) in tags)
    name = canonicalize_name(installed.name).replace("-", "_")
    files = [file for file in installed.files or () if ".." not in file.parts and file.suffix != ".pyc"]
    with zipfile.ZipFile(into / f"{name}-{installed.version}-{tag}.whl", "w") as wheel:
        for file in files:
            if file.name == "RECORD":
                wheel.writestr(str(file), "".join(f"{each},,\n" for each in files))
            elif file.name not in INSTALLED:
                wheel.write(str(file.locate()), str(file))
