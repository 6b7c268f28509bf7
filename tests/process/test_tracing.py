"""One id through everything, for real: from a request through two processes and back."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

from tests.support import amqp
from tests.support.processes import Process, python

PROGRAM = Path(__file__).with_name("tracing_parts.py")
CONFIG = """\
[general]
tracing = opentelemetry

[logging:console]
format = json

[asab:web]
listen = 127.0.0.1:0
access_log = notice
request_id_header = X-Request-ID

[asab:mom:amqp]
url = {url}
exchange =
"""

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_request_its_message_the_handler_and_the_reply_have_one_id(tmp_path: Path, amqp_url: str) -> None:
    """In each line of the log on the way, and as spans that are each a part of the one that has caused it."""
    (tmp_path / "parts.conf").write_text(CONFIG.format(url=amqp_url), "utf-8")
    with python(PROGRAM, "store", cwd=tmp_path) as store, python(PROGRAM, "shop", cwd=tmp_path) as shop:
        store.wait_for("ready")
        url = shop.wait_for("ready").split()[1]
        request = urllib.request.Request(f"{url}/orders/42", b"", {"traceparent": f"00-{TRACE}-{CALLER}-01"})
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.headers["X-Request-ID"] == TRACE
        assert shop.stop() == 0
        assert store.stop() == 0
    asyncio.run(amqp.delete(amqp_url, "parts.orders"))

    said = ["ordered", "published", "replied", "timed", "handled", "looked up", "HTTP request"]
    assert logged(shop) | logged(store) == dict.fromkeys(said, TRACE)
    assert parents(shop, store) == {
        "POST /orders/{id}": int(CALLER, 16),
        "send": "POST /orders/{id}",
        "send parts.orders": "send",
        "process parts.orders": "send parts.orders",
        "send reply": "process parts.orders",
        "process reply": "send reply",
    }


def logged(process: Process) -> dict[str, str | None]:
    """The messages of the part itself and of the access log, each with its trace."""
    records = [json.loads(line) for line in process.stderr.splitlines()]
    mine = [record for record in records if record["logger"] in ("parts", "asab_web.access")]
    return {record["message"]: record.get("trace_id") for record in mine}


def parents(*processes: Process) -> dict[str, Any]:
    """The parent of each span, by names; by its id, where it is none of them."""
    lines = [line for process in processes for line in process.stdout.splitlines() if line.startswith("{")]
    spans = [span for line in lines if (span := json.loads(line))["trace"] == TRACE]
    names = {span["span"]: span["name"] for span in spans}
    return {span["name"]: names.get(span["parent"], span["parent"]) for span in spans}
