"""Links from a page to what stands elsewhere in the repository, made to work in the site.

A link to a page that the site has under another name leads there; one to a data file has the file
copied (Sphinx does that); one to anything else, such as a folder, becomes its name.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"\[([^\]\n]+)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_DOCS = Path(__file__).resolve().parent
_ROOT = _DOCS.parent
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "reference/changes.md",
    "scenarios/README.md": "reference/shipped_scenarios.md",
}


def led(text: str, folder: Path) -> str:
    """A page's text with its links as the site can follow them.

    Parameters
    ----------
    text : str
        Markdown.
    folder : Path
        Where the page stands, below `docs`.
    """

    def replaced(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve()
        if (target.is_relative_to(_DOCS) and not target.is_dir()) or not target.exists():
            return found[0]  # Sphinx follows it, or says that it leads nowhere
        name = target.relative_to(_ROOT).as_posix() if target.is_relative_to(_ROOT) else ""
        if name in ELSEWHERE:
            return f"[{found[1]}]({os.path.relpath(_DOCS / ELSEWHERE[name], folder)})"
        if target.is_dir() or target.suffix == ".md":
            return f"{found[1]} (`{name}`)"
        return found[0]

    return _LINK.sub(replaced, text)


def setup(app: Any) -> None:
    """Have every page read that way."""

    def read(app: Any, page: str, source: list[str]) -> None:
        if str(app.env.doc2path(page)).endswith(".md"):
            source[0] = led(source[0], Path(str(app.env.doc2path(page))).parent)

    app.connect("source-read", read)
