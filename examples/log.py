#!/usr/bin/env python3
"""Logging: levels, structured data, a context, a traceback.

python3 examples/log.py
python3 examples/log.py -v                                  # INFO and DEBUG too
python3 examples/log.py -l my.log                           # to a file
python3 examples/log.py -c examples/log.conf                # JSON lines, for containers
"""

import asab
import asab.log

L = asab.log.get_logger(__name__)


class MyApplication(asab.Application):
    Description = "Writes a log."

    async def main(self) -> None:
        L.info("Seen with -v alone")
        L.log(asab.LOG_NOTICE, "Seen always")
        L.warning("The disk is nearly full", struct_data={"free": "2 %", "path": "/var"})
        with asab.log.context(request="a1"):
            self.handle("42")
            self.handle("forty-two")
        self.stop()

    def handle(self, number: str) -> None:
        """Every record made within the context carries its data, wherever it is made."""
        try:
            L.log(asab.LOG_NOTICE, "Handled", struct_data={"number": int(number)})
        except ValueError:
            L.exception("Not handled")


if __name__ == "__main__":
    app = MyApplication()
    app.run()
