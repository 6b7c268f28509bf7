"""Look at a site of HTML files as a browser does: is every link alive, and is nothing loaded from another host?

Run it with the folder of the site. It prints each fault and ends with 1 if there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINKS = {("a", "href"), ("area", "href"), ("link", "href")}
FOREIGN_IN_CSS = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""")
# What a page of documentation has no business to do; that of Sphinx's search reads its index by a script element.
FOREIGN_IN_SCRIPT = re.compile(r"""(?:fetch|importScripts|import|open)\(\s*["'`]((?:https?:)?//[^"'`]+)""")


class Page(HTMLParser):
    """A page: what can be jumped to, what it links to, and what it loads by itself."""

    def __init__(self, path: Path) -> None:
        """Read the page."""
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what the element names."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        for name in ("href", "src", "data", "action", "poster"):
            if name in values:
                jump = (tag, name) in LINKS and values.get("rel") not in ("stylesheet", "icon", "preload", "preconnect")
                (self.links if jump else self.loaded).add(values[name])
        self.loaded |= {part.split()[0] for part in values.get("srcset", "").split(",") if part.strip()}


def faults(site: Path) -> Iterator[str]:
    """Yield each fault of a site as one line."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site}: there is no page"
    for path, page in pages.items():
        here = path.relative_to(site)
        for url in sorted(page.loaded):
            if urlsplit(url).netloc:
                yield f"{here}: loads {url} from another host"
        for url in sorted(page.links | page.loaded):
            if dead := _dead(path, url, pages):
                yield f"{here}: {url} leads to {dead}"
    for path in sorted([*site.rglob("*.css"), *site.rglob("*.js")]):
        pattern = FOREIGN_IN_CSS if path.suffix == ".css" else FOREIGN_IN_SCRIPT
        for url in pattern.findall(path.read_text("utf-8")):
            yield f"{path.relative_to(site)}: loads {url} from another host"


def _dead(path: Path, url: str, pages: dict[Path, Page]) -> str:
    """Return what is wrong with an address, if it is one of the site's own."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return "no file"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "no such place in that page"
    return ""


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "no dead link, and no other host")
    raise SystemExit(1 if found else 0)
