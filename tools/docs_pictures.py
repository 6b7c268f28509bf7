#!/usr/bin/env python3
"""Take the pictures of the live page for docs/inspector.md: `hatch run docs-pictures`.

A headless Chromium looks at examples/inspector.py, which has customers meanwhile.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.browser import Page  # noqa: E402
from tests.support.shop import page_of_shop  # noqa: E402

FOLDER = ROOT / "docs" / "inspector"
LARGEST = 150_000
SECONDS = 20
"""How long the plots grow."""

PICTURES = {
    "state": ("state", "light"),
    "log": ("log", "dark"),
    "metrics": ("metrics", "light"),
    "bus": ("bus", "dark"),
    "configuration": ("configuration", "light"),
    "tasks": ("tasks", "dark"),
}
"""By the name of the file: the panel, and how the system is."""


async def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with page_of_shop(Path(folder)) as (page, _url):
            size = {"width": 1240, "height": 760, "deviceScaleFactor": 1, "mobile": False}
            await page.call("Emulation.setDeviceMetricsOverride", **size)
            for name, (panel, scheme) in PICTURES.items():
                await show(page, panel, scheme)
                await take(page, name)


async def show(page: Page, panel: str, scheme: str) -> None:
    """Look at a panel for a while, as somebody whose system is light or dark."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    await page.call("Emulation.setEmulatedMedia", features=features)
    await page.see("document.querySelector('#pill.good')?.textContent")
    await page.run(f"location.hash = '{panel}'")
    await asyncio.sleep(SECONDS if panel in ("state", "metrics") else SECONDS / 5)


async def take(page: Page, name: str) -> None:
    """Take one picture."""
    result = await page.call("Page.captureScreenshot", format="webp", quality=80)
    picture = base64.b64decode(result["data"])
    if len(picture) > LARGEST:
        raise SystemExit(f"{name}: {len(picture)} bytes are too many for a picture in the repository")
    path = FOLDER / f"{name}.webp"
    path.write_bytes(picture)
    print(f"{path.relative_to(ROOT)}: {len(picture)} bytes")


if __name__ == "__main__":
    asyncio.run(main())
