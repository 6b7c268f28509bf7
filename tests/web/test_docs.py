"""The program of docs/web-api.md."""

from __future__ import annotations

import ast
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import free_port, python

PAGE = (Path(__file__).parents[2] / "docs" / "web-api.md").read_text("utf-8")


def test_the_program_of_the_page_answers_as_the_page_says(tmp_path: Path) -> None:
    """What one copies from there works, and what it shows is what one gets."""
    program, *others = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for other in others:
        ast.parse(other)
    (configuration,) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    port = free_port()
    (tmp_path / "main.py").write_text(program)
    (tmp_path / "main.conf").write_text(configuration.replace("8080", str(port)))
    address = f"http://127.0.0.1:{port}"
    with python("main.py", "-c", "main.conf", cwd=tmp_path) as process:
        process.wait_for_port(port)
        body = b'{"name": "tea", "count": 0}'
        asked = urllib.request.Request(f"{address}/orders", body, {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(asked)
        with raised.value as error:
            told = json.load(error)
        (shown,) = re.findall(r"^({\n.*?^})$", PAGE, re.DOTALL | re.MULTILINE)
        ids = {"uuid": told["uuid"], "instance": told["instance"]}
        assert told == json.loads(shown) | ids | {"title": told["title"]}  # newer Pythons say Content
        with urllib.request.urlopen(f"{address}/asab/v1/docs") as answer:
            assert b"Take an order." in answer.read()
        assert process.stop() == 0
