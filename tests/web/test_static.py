"""Files of a folder over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asab_web import StaticDirProvider
from tests.support.web import WebApplication, raw, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page with its parts, beside a file that is nobody's business."""
    (tmp_path / "secret.txt").write_text("SECRET")
    folder = tmp_path / "page"
    (folder / "docs").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / ".git").mkdir()
    (folder / ".well-known").mkdir()
    (folder / "index.html").write_text("INDEX")
    (folder / "app.js").write_text("SCRIPT")
    (folder / "docs" / "index.html").write_text("DOCS")
    (folder / ".git" / "config").write_text("SECRET")
    (folder / ".env").write_text("SECRET")
    (folder / ".well-known" / "security.txt").write_text("CONTACT")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "leak").symlink_to(tmp_path)
    return folder


CASES = [
    ("", 200, "INDEX"),
    ("index.html", 200, "INDEX"),
    ("app.js", 200, "SCRIPT"),
    ("app.js?v=2", 200, "SCRIPT"),
    ("docs/", 200, "DOCS"),
    ("a/view/of/the/application", 200, "INDEX"),
    ("empty/", 200, "INDEX"),
    (".well-known/security.txt", 200, "CONTACT"),
    ("missing.js", 404, None),
    (".env", 404, None),
    (".git/config", 404, None),
    ("leak.txt", 404, None),
    ("leak/secret.txt", 404, None),
    ("../secret.txt", 404, None),
    ("%2e%2e/secret.txt", 404, None),
    ("docs/..%2f..%2fsecret.txt", 404, None),
    ("/etc/passwd.txt", 404, None),
    ("a%00b.txt", 404, None),
    ("x" * 300 + ".txt", 404, None),
]


@pytest.mark.parametrize("root", ["/", "/app", "app/"])
def test_the_files_of_the_folder_are_served_and_nothing_else(folder: Path, root: str) -> None:
    """A page with its parts is there; hidden files, links that lead out and paths that climb are not."""
    prefix = "/" if root == "/" else "/app/"

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        for path, status, text in CASES:
            request = f"GET {prefix}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            head, _, body = (await raw(app.url, request)).partition(b"\r\n\r\n")
            assert (path, int(head.split()[1])) == (path, status)
            assert text is None or body == text.encode()

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, root, folder))


def test_the_root_without_its_slash_is_redirected(folder: Path) -> None:
    """Relative links of the page lead below it."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/app?a=%20b") as response:
            assert (response.url.path, dict(response.url.query)) == ("/app/", {"a": " b"})
            assert await response.text() == "INDEX"

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/app", str(folder)))


def test_a_file_that_the_browser_has_is_not_sent_again(folder: Path) -> None:
    """A page loads fast the second time."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/app.js") as response:
            known = {"If-None-Match": response.headers["ETag"]}
        async with session.get("/app.js", headers=known) as response:
            assert response.status == 304

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/", folder, index="index.html"))


PIECE = st.sampled_from(
    ["..", ".", "/", "%2f", "%2e", "\\", "%5c", "%00", "leak", "secret.txt", "docs", "page", "%", "x"]
)


def test_no_path_leads_out_of_the_folder(folder: Path) -> None:
    """However a path is written, the file beside the folder stays unread."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        loop = asyncio.get_running_loop()

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(PIECE, max_size=8).map("".join))
        def check(path: str) -> None:
            request = f"GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            answer = asyncio.run_coroutine_threadsafe(raw(app.url, request), loop).result()
            assert answer.split()[1] in (b"200", b"400", b"404")
            assert b"SECRET" not in answer

        await asyncio.to_thread(check)

    serve(scenario, lambda app: StaticDirProvider(app.WebApp, "/", folder))
