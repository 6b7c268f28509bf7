"""An application from start to exit, its memory, its services and its idling, beside bare asyncio and the peers.

The bare contender is `asyncio.run` in a process that has imported logging and argparse, as every server has. Processes
are measured with their interpreter, so that the ratio is what a user sees. The peers are the published packages `asab`
(by others, whose documentation ours follows too) and `aiomisc`, as programs in a virtual environment of their own, for
the name of the first is also that of one of our wheels; they are compared with bare asyncio in that environment.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import NamedTuple

from harness import show

ROUNDS = 41

BARE = """\
import argparse, asyncio, logging

async def main():
    pass

asyncio.run(main())
"""

# Ours and that of `asab` differ in the import alone.
APPLICATION = """\
import {0}

class Hello({0}.Application):
    async def main(self):
        self.stop()

Hello(args=[]).run()
"""

AIOMISC = """\
import aiomisc

class Hello(aiomisc.Service):
    async def start(self):
        pass

with aiomisc.entrypoint(Hello()):
    pass
"""

SERVICES = """\
import sys, time
import {0}

class Many({0}.Application):
    async def initialize(self):
        for number in range(int(sys.argv[1])):
            {0}.Service(self, f"service {{number}}")

    async def main(self):
        self.stop()

begin = time.process_time()
Many(args=[]).run()
print(time.process_time() - begin)
"""

AIOMISC_SERVICES = """\
import sys, time
import aiomisc

class One(aiomisc.Service):
    async def start(self):
        pass

begin = time.process_time()
with aiomisc.entrypoint(*(One() for _ in range(int(sys.argv[1]) + 1))):
    pass
print(time.process_time() - begin)
"""

MEMORY = "\nprint(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"

COUNT = """\
import asyncio, glob, selectors

waits = 0
select = selectors.DefaultSelector.select

def counted(self, timeout=None):
    global waits
    waits += timeout is None or timeout > 0  # otherwise it only looks
    return select(self, timeout)

selectors.DefaultSelector.select = counted

def switches():
    files = (open(name).read() for name in glob.glob("/proc/self/task/*/status"))
    return sum(int(text.split("\\nvoluntary_ctxt_switches:")[1].split()[0]) for text in files)

async def count():
    await asyncio.sleep(2.5)
    before = waits, switches()
    await asyncio.sleep(10)
    print(waits - before[0] - 1, switches() - before[1] - 1)  # one is our own
"""

IDLE = """
import {0}

class Idle({0}.Application):
    async def main(self):
        await count()
        self.stop()

Idle(args=sys.argv[1:]).run()
"""

AIOMISC_IDLE = """
import aiomisc

class Idle(aiomisc.Service):
    async def start(self):
        pass

with aiomisc.entrypoint(Idle()) as loop:
    loop.run_until_complete(count())
"""


class Contender(NamedTuple):
    """A framework: the interpreter that has it, and what it is asked to run."""

    name: str
    python: str
    hello: str
    services: str
    idle: str


def contenders(peers: str) -> list[Contender]:
    """Return ours and the peers, which are in the environment of another interpreter."""
    ours, theirs = ("asab_app", sys.executable), ("asab", peers)
    return [
        *(Contender(n, p, APPLICATION.format(n), SERVICES.format(n), IDLE.format(n)) for n, p in (ours, theirs)),
        Contender("aiomisc", peers, AIOMISC, AIOMISC_SERVICES, AIOMISC_IDLE),
    ]


def run(python: str, program: str, *arguments: object) -> str:
    """Run a program in a new interpreter and return what it prints."""
    command = [python, "-c", program, *map(str, arguments)]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def process(python: str, program: str) -> tuple[float, float]:
    """Return what a process takes from its start to its end: seconds that pass, and seconds of processor time."""
    begin = time.perf_counter()
    started = subprocess.Popen([python, "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise RuntimeError(f"{python} -c {program!r} ended with {started.returncode}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def hello(frameworks: list[Contender]) -> None:
    """Show how long processes live that have nothing to do, and their memory, each beside its interpreter's bare."""
    programs = {each.name: (each.python, each.hello) for each in frameworks}
    bare = {each.name: f"asyncio.run by {each.python}" for each in frameworks}
    programs |= {bare[each.name]: (each.python, BARE) for each in frameworks}
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for number in range(ROUNDS):  # who goes first changes from round to round
        for name in list(programs)[:: 1 if number % 2 else -1]:
            measured[name].append(process(*programs[name]))
    memory = {
        name: min(float(run(python, program + MEMORY)) for _ in range(5))
        for name, (python, program) in programs.items()
    }
    values = {
        "time": {name: statistics.median(elapsed for elapsed, _ in rounds) for name, rounds in measured.items()},
        "processor time": {name: statistics.median(spent for _, spent in rounds) for name, rounds in measured.items()},
        "memory": memory,
    }
    columns = {
        heading: {"asyncio.run": 1.0} | {name: column[name] / column[bare[name]] for name in bare}
        for heading, column in values.items()
    }
    show("hello world from start to exit", columns, "asyncio.run")


def services(frameworks: list[Contender]) -> None:
    """Print what a service costs at its registration, start and stop, and that more of them do not cost more each."""
    print("\nservices registered, started and stopped: microseconds of processor time each")
    for name, python, _, program, _ in frameworks:
        nothing = min(float(run(python, program, 0)) for _ in range(5))
        each = [
            (min(float(run(python, program, count)) for _ in range(5)) - nothing) / count * 1e6
            for count in (1_000, 3_000, 10_000)
        ]
        print(f"{name:<12} 1,000: {each[0]:.1f}  3,000: {each[1]:.1f}  10,000: {each[2]:.1f}")


def idle(frameworks: list[Contender]) -> None:
    """Print how often an idle application wakes: in ten seconds, so in ten ticks."""
    print("\nidle for 10 s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.conf")
        path.write_text("[general]\nloop_watchdog = 0\n")
        for name, python, _, _, program in frameworks:
            say_idle(name, run(python, f"import sys\n{COUNT}{program}"))
            if name == "asab_app":
                say_idle("asab_app, loop_watchdog = 0", run(python, f"import sys\n{COUNT}{program}", "-c", path))


def say_idle(name: str, counts: str) -> None:
    """Print what a program has counted."""
    loop, process = counts.split()
    print(f"{name:<28} the loop wakes {loop} times, all threads {process} times")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as environment:
        venv.create(environment, with_pip=True)
        peers = os.path.join(environment, "bin", "python")
        subprocess.run([peers, "-m", "pip", "install", "-qq", "asab", "aiomisc"], check=True)
        frameworks = contenders(peers)
        hello(frameworks)
        services(frameworks)
        idle(frameworks)
