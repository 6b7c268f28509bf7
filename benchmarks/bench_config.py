"""`Config["s"]["k"]` and loading 10,000 sections, beside the standard library's configparser."""

from __future__ import annotations

import configparser
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import medians, show

from asab_config import ConfigParser

SECTIONS = 10_000
CALLS = 20_000
TEXT = "".join(f"[section{i}]\n" + "".join(f"option{j} = value {j}\n" for j in range(5)) for i in range(SECTIONS))


def getting(config: configparser.ConfigParser) -> Callable[[], None]:
    """Return what reads one value again and again."""

    def run() -> None:
        for _ in range(CALLS):
            config["s"]["k"]

    return run


if __name__ == "__main__":
    theirs, ours = configparser.ConfigParser(), ConfigParser()
    for config in (theirs, ours):
        config.read_string("[s]\nk = value\n")
    column = medians({"configparser": getting(theirs), "asab-config": getting(ours)})
    show("get a value", {"": column}, "configparser")

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "big.conf"
        file.write_text(TEXT)
        column = medians(
            {
                "configparser": lambda: configparser.ConfigParser().read(file),
                "asab-config": lambda: ConfigParser().load(file),
            }
        )
    show(f"{SECTIONS} sections loaded", {"": column}, "configparser")
