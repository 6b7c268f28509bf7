#!/usr/bin/env python3
"""The smallest application: `python3 examples/hello.py`."""

import asab


class MyApplication(asab.Application):
    async def main(self) -> None:
        print("Hello world!")
        self.stop()


if __name__ == "__main__":
    app = MyApplication()
    app.run()
