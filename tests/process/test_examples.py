"""The examples of the repository run as their first lines say, and do what they say."""

from __future__ import annotations

import json
import re
import signal
import socket
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from asab import PersistentDict
from tests.support.processes import Process, free_port, python

EXAMPLES = Path(__file__).parents[2] / "examples"

PRINTED = {
    "hello.py": "Hello world!\n",
    "configuration.py": "The corner shop is open, and closes in 28800 s\nIn the till are 100 EUR\n",
    "pubsub.py": (
        "Order 1: soup\nOrder 2: fish\nOrder 3: cake\nAll orders are placed\n"
        "order.ready! 1\norder.ready! 2\norder.ready! 3\n"
    ),
    "services.py": (
        "The stock is open\nSelling begins with 3 apples\nAn apple is sold\nAn apple is sold\nAn apple is sold\n"
        "Selling ends with 0 apples\nThe stock is closed\n"
    ),
    "blocking.py": "The loop was free\n",
    "commandline.py": "Hello World!\n",
}
ELSEWHERE = {"inspector.py", "mom.py", "websession.py", "scale", "watcher"}
"""Those that have tests of their own."""


def run(name: str, *arguments: str | Path, cwd: Path, exit_code: int = 0) -> Process:
    with python(EXAMPLES / name, *arguments, cwd=cwd) as process:
        assert process.wait() == exit_code, process.report()
    return process


def test_every_example_is_listed_and_tested() -> None:
    """One that nobody runs rots, and one that is not listed is not found."""
    here = Path(__file__).read_text("utf-8")
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    names = {path.name for path in EXAMPLES.iterdir() if path.suffix == ".py" or path.is_dir()} - {"__pycache__"}
    assert set(re.findall(r"^\| \[(\S+)\]\(\1\)", readme, re.MULTILINE)) == names
    assert not {name for name in names if f'"{name}"' not in here}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_should(name: str, tmp_path: Path) -> None:
    """People copy from it what they see working."""
    assert run(name, cwd=tmp_path).stdout == PRINTED[name]


def test_the_phases_of_a_life_come_in_their_order(tmp_path: Path) -> None:
    """It is the picture in one's mind when writing the next application."""
    lines = run("lifecycle.py", cwd=tmp_path, exit_code=3).stdout.splitlines()
    assert lines == [
        "initialize()",
        "Application.init!",
        "Application.run!",
        "main()",
        "Application.stop! 1",
        "the task is cancelled",
        "Application.exit!",
        "finalize()",
    ]


def test_the_file_of_the_configuration_wins_over_the_defaults(tmp_path: Path) -> None:
    """And a file that it includes wins over it."""
    (tmp_path / "site.conf").write_text("[shop:till]\ncurrency = CZK\n")
    printed = run("configuration.py", "-c", EXAMPLES / "configuration.conf", cwd=tmp_path).stdout
    assert printed.endswith(" is open, and closes in 5400 s\nIn the till are 250 CZK\n")
    arguments = ("-c", EXAMPLES / "configuration.conf", "--config-explain", "shop")
    assert "closes_in = 1h 30m" in run("configuration.py", *arguments, cwd=tmp_path).stdout


def test_the_log_has_the_data_of_call_and_context(tmp_path: Path) -> None:
    """On the console as text, by its configuration as JSON."""
    text = run("log.py", cwd=tmp_path).stderr
    assert '[sd free="2 %" path="/var"] : The disk is nearly full\n' in text
    assert "Seen with -v" not in text
    lines = run("log.py", "-c", EXAMPLES / "log.conf", cwd=tmp_path).stderr.splitlines()
    records = [record for record in map(json.loads, lines) if record["logger"] == "__main__"]
    assert [(record["message"], record.get("request"), record.get("number")) for record in records] == [
        ("Seen with -v alone", None, None),
        ("Seen always", None, None),
        ("The disk is nearly full", None, None),
        ("Handled", "a1", 42),
        ("Not handled", "a1", None),
    ]


def test_what_was_counted_is_flushed(tmp_path: Path) -> None:
    """Ticks that a busy machine has missed are one."""
    printed = run("metrics.py", cwd=tmp_path).stdout
    assert re.fullmatch(r"(ticks {'even': \d, 'odd': \d}\ntime {'uptime': \d+}\n)+", printed)


def test_the_second_run_goes_on_where_the_first_has_stopped(tmp_path: Path) -> None:
    """What is persistent survives the process."""
    assert run("utilities.py", cwd=tmp_path).stdout == "Run 1, rings [3]\n"
    assert run("utilities.py", cwd=tmp_path).stdout == "Run 2, rings [3, 3]\n"


def test_options_of_an_application_stand_beside_the_common_ones(tmp_path: Path) -> None:
    """Whoever overrides the parsing loses none of them."""
    assert run("commandline.py", "Ann", "--times", "2", "-v", cwd=tmp_path).stdout == 2 * "Hello Ann!\n"
    assert run("commandline.py", "--version", cwd=tmp_path).stdout.startswith("commandline.py 1.0 (asab-app ")
    assert "usage: commandline.py" in run("commandline.py", "--time", "x", cwd=tmp_path, exit_code=2).stderr


def test_the_echo_answers_lines_also_when_they_come_in_pieces(tmp_path: Path) -> None:
    """A stream knows no messages."""
    port = free_port()
    (tmp_path / "echo.conf").write_text(f"[echo]\nlisten = 127.0.0.1:{port}\n")
    with python(EXAMPLES / "echo.py", "-c", "echo.conf", cwd=tmp_path) as server:
        server.wait_for("is ready", "stderr")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(b"hello\nwor")
            client.sendall(b"ld\n")
            with client.makefile("rb") as answers:
                assert [answers.readline(), answers.readline()] == [b"HELLO\n", b"WORLD\n"]
                client.sendall(2000 * b"x")
                assert answers.read() == b""
        assert server.stop(signal.SIGTERM) == 0


def fetch(url: str, body: object = None) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_web_server_says_hello_and_has_a_page(tmp_path: Path) -> None:
    """It is the first thing that the README has one see."""
    port = free_port()
    config = (EXAMPLES / "webserver.conf").read_text("utf-8").replace("0.0.0.0:8080", f"127.0.0.1:{port}")
    (tmp_path / "webserver.conf").write_text(config.replace("greeting = Hello!", "greeting = Ahoy!"))
    with python(EXAMPLES / "webserver.py", "-c", "webserver.conf", cwd=tmp_path) as server:
        server.wait_for("is ready", "stderr")
        assert fetch(f"http://127.0.0.1:{port}/hello") == (200, "Ahoy!\n")
        assert "<h1>An ASAB application</h1>" in fetch(f"http://127.0.0.1:{port}/")[1]
        assert fetch(f"http://127.0.0.1:{port}/asab/v1/ready")[0] == 200
        assert server.stop(signal.SIGINT) == 0


def test_the_api_takes_orders_refuses_wrong_ones_and_documents_itself(tmp_path: Path) -> None:
    """The three reasons to use typed handlers."""
    pytest.importorskip("pydantic", reason='pip install "asab[openapi]"')
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = (EXAMPLES / "restapi.conf").read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    (tmp_path / "restapi.conf").write_text(config)
    with python(EXAMPLES / "restapi.py", "-c", "restapi.conf", cwd=tmp_path) as server:
        server.wait_for("is ready", "stderr")
        assert fetch(f"{url}/orders", {"name": "apple", "count": 3})[0] == 201
        status, text = fetch(f"{url}/orders", {"name": "apple", "count": 0})
        assert (status, "count" in text) == (422, True)
        status, text = fetch(f"{url}/orders?limit=5")
        assert (status, json.loads(text)) == (200, [{"name": "apple", "count": 3}])
        assert "List the orders, the oldest first." in fetch(f"{url}/asab/v1/docs")[1]
        assert server.stop() == 0


def test_ticks_arrive_as_events_and_health_has_a_port_of_its_own(tmp_path: Path) -> None:
    """What is for the inside is not at the outside."""
    outside, inside = free_port(), free_port()
    listen = "[asab:web]\nlisten = 127.0.0.1:{}\n[internal]\nlisten = 127.0.0.1:{}\n[general]\ntick_period = 0.1\n"
    (tmp_path / "events.conf").write_text(listen.format(outside, inside))
    with python(EXAMPLES / "events.py", "-c", "events.conf", cwd=tmp_path) as server:
        server.wait_for("is ready", "stderr")
        with urllib.request.urlopen(f"http://127.0.0.1:{outside}/events", timeout=30) as events:
            lines = [events.readline().partition(b"data: ") for _ in range(9)]  # three a tick: id, data, none
            numbers = [int(number) for _, found, number in lines if found]
        assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
        assert fetch(f"http://127.0.0.1:{inside}/asab/v1/ready")[0] == 200
        assert fetch(f"http://127.0.0.1:{outside}/asab/v1/ready")[0] == 404
        assert server.stop() == 0


def watch(folder: Path, config: str) -> None:
    """Have the watcher watch itself."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/asab/v1/live"
    with PersistentDict(folder / "state.db") as state:
        state[url] = {"url": url}
    text = (EXAMPLES / "watcher" / "watcher.conf").read_text("utf-8")
    for before, after in (("127.0.0.1:8080", f"127.0.0.1:{port}"), ("./watcher.db", str(folder / "state.db"))):
        text = text.replace(before, after)
    (folder / "watcher.conf").write_text(f"{text}\n[general]\ninclude = {folder / 'site.conf'}\n")
    (folder / "site.conf").write_text(config)
    with python("-m", "watcher", "-c", folder / "watcher.conf", cwd=EXAMPLES / "watcher") as process:
        assert f'url="{url}"' in process.wait_for("is up", "stderr")
        assert process.stop() == 0
        assert "Traceback" not in process.stderr


def test_the_watcher_runs_without_a_server(tmp_path: Path) -> None:
    """Whoever has cloned the repository sees all layers work together."""
    watch(tmp_path, "")


def test_the_watcher_runs_with_rabbitmq_by_its_configuration(tmp_path: Path, amqp_url: str) -> None:
    """The step to a server is a matter of configuration."""
    watch(tmp_path, f"[watcher]\nbroker = amqp\n[asab:mom:amqp]\nurl = {amqp_url}\n")


def test_the_tests_of_the_watcher_run_in_its_folder() -> None:
    """Its README says so to people who have pytest, and none of the plugins that the tests of ASAB use."""
    plain = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    folder = EXAMPLES / "watcher"
    with python("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder, env=plain) as process:
        assert process.wait() == 0, process.report()
        assert " passed in " in process.stdout
