"""An application from start to exit, its memory, its services and its idling, beside bare asyncio.

The bare contender is `asyncio.run` in a process that has imported logging and argparse, as every server has. Processes
are timed with their interpreter, so that the ratio is what a user sees.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import medians, show

BARE = """\
import argparse, asyncio, logging

async def main():
    pass

asyncio.run(main())
"""

HELLO = """\
import asab_app

class Hello(asab_app.Application):
    async def main(self):
        self.stop()

Hello(args=[]).run()
"""

SERVICES = """\
import sys, time
import asab_app

class Many(asab_app.Application):
    async def initialize(self):
        for number in range(int(sys.argv[1])):
            asab_app.Service(self, f"service {number}")

    async def main(self):
        self.stop()

begin = time.perf_counter()
Many(args=[]).run()
print(time.perf_counter() - begin)
"""

IDLE = """\
import glob, selectors

waits = 0
select = selectors.DefaultSelector.select

def counted(self, timeout=None):
    global waits
    waits += 1
    return select(self, timeout)

selectors.DefaultSelector.select = counted

import asab_app

class Idle(asab_app.Application):
    async def initialize(self):
        self.ticks = 0
        self.PubSub.subscribe("Application.tick!", self.on_tick)

    def on_tick(self, _message_type):
        self.ticks += 1
        if self.ticks == 2:
            self.before = waits, switches()
        if self.ticks == 12:
            print((waits - self.before[0]) / 10, (switches() - self.before[1]) / 10)
            self.stop()

def switches():
    files = (open(name).read() for name in glob.glob("/proc/self/task/*/status"))
    return sum(int(text.split("\\nvoluntary_ctxt_switches:")[1].split()[0]) for text in files)

Idle(args=[]).run()
"""

MEMORY = "\nprint(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"


def run(program: str, *arguments: object) -> str:
    """Run a program in a new interpreter and return what it prints."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def start_to_exit(programs: dict[str, str]) -> None:
    """Show how long processes live that have nothing to do."""
    contenders: dict[str, Callable[[], object]] = {
        name: lambda program=program: run(program) for name, program in programs.items()
    }
    show("hello world from start to exit", {"": medians(contenders, rounds=31)}, "asyncio.run")


def memory(programs: dict[str, str]) -> None:
    """Show how much memory they take, at most."""
    kilobytes = {name: min(float(run(program + MEMORY)) for _ in range(5)) for name, program in programs.items()}
    ratio = kilobytes["asab_app"] / kilobytes["asyncio.run"]
    print(f"resident memory of hello world: {ratio:.2f} times that of asyncio.run")


def services() -> None:
    """Show what a service costs at its registration, start and stop, and that more of them do not cost more each."""
    for count in (1_000, 10_000, 100_000):
        seconds = min(float(run(SERVICES, count)) - float(run(SERVICES, 0)) for _ in range(5))
        print(f"{count} services registered, started and stopped: {seconds / count * 1e6:.1f} us each")


def idle() -> None:
    """Print how often an idle application wakes."""
    for threshold in ("0.3", "0"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "app.conf")
            path.write_text(f"[general]\ntick_period = 0.1\nloop_watchdog = {threshold}\n")
            loop, process = run(IDLE.replace("args=[]", f"args=['-c', {str(path)!r}]")).split()
        print(f"idle, loop_watchdog = {threshold}: a tick wakes the loop {loop} times, all threads {process} times")


if __name__ == "__main__":
    PROGRAMS = {"asyncio.run": BARE, "asab_app": HELLO}
    start_to_exit(PROGRAMS)
    memory(PROGRAMS)
    services()
    idle()
