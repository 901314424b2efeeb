"""Shows a notebook as a page of the site, with the outputs that are stored in it; runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from myst_parser.parsers.sphinx_ import MystParser

_FENCE = "`" * 6  # longer than any fence inside


def _fenced(head: str, text: str) -> str:
    return f"{_FENCE}{head}\n{text.rstrip()}\n{_FENCE}\n"


def _shown(output: dict[str, Any]) -> str:
    """The richest form of an output that a page can hold."""
    data = {kind: "".join(text) for kind, text in output.get("data", {}).items()}
    if "image/png" in data:
        source = "data:image/png;base64," + data["image/png"].replace("\n", "")
        return _fenced("{raw} html", f'<img alt="What the cell draws" src="{source}">')
    if "text/html" in data:
        return _fenced("{raw} html", f'<div class="cell-output">\n{data["text/html"]}\n</div>')
    return _fenced("text", data.get("text/plain") or "".join(output.get("text", "")))


def markdown(notebook: dict[str, Any]) -> str:
    """A notebook as Markdown: its text, its code, and what the code gave.

    Parameters
    ----------
    notebook : dict
        The notebook as JSON, in format 4.
    """

    def parts() -> Iterator[str]:
        for cell in notebook["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                yield text
            elif cell["cell_type"] == "code" and text.strip():
                yield _fenced("python", text)
                yield from map(_shown, cell["outputs"])

    return "\n\n".join(parts()) + "\n"


class NotebookParser(MystParser):
    """Parses a notebook by way of Markdown."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: Any) -> None:
        """Turn the text of a notebook's file into nodes of a page."""
        super().parse(markdown(json.loads(inputstring)), document)


def setup(app: Any) -> None:
    """Teach Sphinx to read notebooks."""
    app.add_source_parser(NotebookParser)
