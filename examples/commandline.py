#!/usr/bin/env python3
"""The command line: the common options, and some of the application's own.

    python3 examples/commandline.py --help
    python3 examples/commandline.py Ann --times 2

In the background, with `pip install "asab[daemon]"`; `-k` ends it again:

    python3 examples/commandline.py -c examples/commandline.conf -d Ann --stay
    python3 examples/commandline.py -c examples/commandline.conf -k
"""

import argparse
from collections.abc import Sequence

import asab


class MyApplication(asab.Application):
    Description = "Greets, and stays if it should."
    Version = "1.0"

    def parse_arguments(self, args: Sequence[str] | None = None) -> argparse.Namespace:
        """Parse the command line, or what a test gives in its place; called before the configuration is read."""
        parser = self.create_argument_parser(epilog="Every option has a default.")
        parser.add_argument("name", nargs="?", default="World", help="who is greeted")
        parser.add_argument("--times", type=int, default=1, help="how often")
        parser.add_argument("--stay", action="store_true", help="run on after the greeting")
        self.arguments = parser.parse_args(args)
        return self.arguments

    async def main(self) -> None:
        for _ in range(self.arguments.times):
            print(f"Hello {self.arguments.name}!")
        if not self.arguments.stay:
            self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
