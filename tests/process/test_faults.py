"""Every hook fails in every way: the end is bounded, tells the truth, and names who it was."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.processes import Process, python
from tests.support.proof import repetitions

PROGRAM = Path(__file__).with_name("faulty.py")
CONFIGURATION = """
[general]
tick_period = 0.01
initialize_timeout = 0.3
finalize_timeout = 0.3
"""

# Who is named in the log.
PARTS = {"app": "the application", "module": "MyModule", "service": "service 'second'"}
CONSTRUCTORS = ["app.__init__", "module.__init__", "service.__init__"]
INITIALIZES = ["app.initialize", "module.initialize", "service.initialize"]
FINALIZES = ["app.finalize", "module.finalize", "service.finalize"]
MESSAGES = [f"Application.{name}!" for name in ("init", "run", "tick", "hup", "stop", "exit")]

FAULTS = ["raise", "cancel", "stop", "exit", "hang"]
CASES = [
    (hook, fault)
    for hook in [*CONSTRUCTORS, *INITIALIZES, "app.main", *FINALIZES, *MESSAGES, *(f"async {m}" for m in MESSAGES)]
    for fault in FAULTS
    # What blocks the thread can only be aborted, by the third stop.
    if fault != "hang" or (hook not in CONSTRUCTORS and hook not in MESSAGES)
]


def is_given_up(hook: str, fault: str, asked: bool) -> bool:
    """Whether a stop that was asked for before has ended the hook, which is then nobody's fault."""
    waits = fault == "hang" and (hook in INITIALIZES or hook == "app.main")
    return (waits and (asked or hook == "app.main")) or (asked and (hook, fault) == ("app.main", "cancel"))


def exit_code(hook: str, fault: str, asked: bool) -> int:
    """The exit code that a fault asks for, with or without a stop that was asked for before."""
    if fault in ("stop", "exit"):
        return {"stop": 3, "exit": 5}[fault]
    if "!" in hook or is_given_up(hook, fault, asked):
        return 0
    if hook in FINALIZES and fault == "cancel":
        return 0
    return 70


def culprit(hook: str, fault: str, asked: bool) -> str:
    """What the log must say of a fault."""
    if fault in ("stop", "exit") or (hook == "app.main" and is_given_up(hook, fault, asked)):
        return ""
    if "!" in hook:
        return "on_message_later" if "async" in hook else "on_message"
    if hook in CONSTRUCTORS:
        return "the application"  # makes them; the traceback has the rest
    return "main()" if hook == "app.main" else PARTS[hook.partition(".")[0]]


def run(folder: Path, faults: dict[str, str]) -> None:
    """Run the application with these faults, and hold what it did against the laws."""
    (folder / "faulty.conf").write_text(CONFIGURATION)
    shutil.copy(PROGRAM, folder / "faulty.py")
    with python("faulty.py", ",".join(f"{hook}={fault}" for hook, fault in faults.items()), cwd=folder) as process:
        code = process.wait()
        lines = [line.split(" ") for line in process.stdout.splitlines()]
        faulty = [(" ".join(words[1:-1]), words[-1]) for words in lines if words[0] == "fault"]
        kinds = [kind for _, kind in faulty]
        if "Emergency abort" in process.stderr:
            assert code == 70, process.report()
            assert "stop" in kinds, process.report()
            return
        happened = [(*each, "stop" in kinds[:i] or "exit" in kinds[:i]) for i, each in enumerate(faulty)]
        assert code == max((exit_code(*each) for each in happened), default=0), process.report()
        check_ends(process, [words[1] for words in lines if words[0] == "start"])
        for each in happened:
            assert culprit(*each) in process.stderr, process.report()


def check_ends(process: Process, started: list[str]) -> None:
    """Everything that has started is ended once: the components in reverse order, then the application."""
    ended = [line.split(" ")[1] for line in process.stdout.splitlines() if line.startswith("end ")]
    components = [name for name in started if name != "application"]
    assert ended == components[::-1] + ["application"] * started.count("application"), process.report()


@pytest.mark.slow
@pytest.mark.parametrize(("hook", "fault"), CASES, ids=[f"{hook}-{fault}" for hook, fault in CASES])
def test_one_fault_ends_as_the_laws_say(tmp_path: Path, hook: str, fault: str) -> None:
    """Whatever a program does wrong, the operator gets an end, an exit code and a name."""
    run(tmp_path, {hook: fault})


@pytest.mark.proof
@settings(
    max_examples=repetitions(small=10, full=500),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(faults=st.lists(st.sampled_from(CASES), min_size=2, max_size=6, unique_by=lambda case: case[0]).map(dict))
def test_faults_together_end_as_the_laws_say(faults: dict[str, str]) -> None:
    """Troubles come in company: a broken service at the end of a broken main()."""
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), faults)
