"""Run the tutorial and keep what it gives: `python docs/run_tutorial.py`."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIAL = Path(__file__).with_name("tutorial.ipynb")


def executed(path: Path = TUTORIAL) -> nbformat.NotebookNode:
    """The notebook with the outputs of a new run; an error in a cell is raised."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,  # times would change with every run
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    # The version of Python that ran it is nobody's business but the machine's.
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(), TUTORIAL)
