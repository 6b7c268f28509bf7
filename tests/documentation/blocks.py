"""The code blocks of all pages: the Markdown files below docs/, the READMEs and the papers at the root.

A comment directly above a block says what a reader of the page need not see:

    <!-- not run: why -->       nobody runs it
    <!-- output -->             this is what the program before it prints
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packages/*/README.md"), ROOT / "deploy" / "README.md"]
)

_BLOCK = re.compile(
    r"(?:^[ ]*<!--[ ](?P<mark>[^\n]*)[ ]-->\n)?^(?P<indent>[ ]*)```(?P<language>[^\n`]*)\n(?P<text>.*?)^[ ]*```$",
    re.DOTALL | re.MULTILINE,
)
# What runs by itself; everything else needs something around it.
_PROGRAM = re.compile(r"\.run\(|run_until_complete|VirtualRun\(|\bsetup\(\)")


@dataclass(frozen=True)
class Block:
    """A block of a page, at a line."""

    page: Path
    line: int
    language: str
    text: str
    mark: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def not_run(self) -> str:
        """Why nobody runs it; empty if somebody does."""
        return self.mark.removeprefix("not run: ") if self.mark.startswith("not run: ") else ""

    @property
    def is_program(self) -> bool:
        return self.language == "python" and _PROGRAM.search(self.text) is not None


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in their order."""
    text = page.read_text("utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        code = "".join(part.removeprefix(match["indent"]) for part in match["text"].splitlines(keepends=True))
        found.append(Block(page, line, match["language"].strip(), code, match["mark"] or ""))
    return found


BLOCKS = [block for page in PAGES for block in blocks(page)]


def of_language(*languages: str) -> list[Block]:
    """The blocks in one of the languages."""
    return [block for block in BLOCKS if block.language in languages]
