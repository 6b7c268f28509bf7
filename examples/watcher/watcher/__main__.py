"""The command `python3 -m watcher`."""

import sys

from .application import WatcherApplication

if __name__ == "__main__":
    sys.exit(WatcherApplication().run())
