"""The tutorial runs, and what it shows is what it gives."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.ipynb"

_NUMBER = re.compile(r"(?<![\w#.])-?\d[\d,]*\.?\d*(?:e-?\d+)?(?![\w])")
_VERSION = re.compile(r"multivector \d+(\.\d+)*")
_CURVE = re.compile(r"<svg.*?</svg>", re.DOTALL)
_STYLE = re.compile(r'<style scoped>.*?</style>|style="[^"]*"', re.DOTALL)  # of pandas, of cards


def words_and_numbers(text: str) -> tuple[str, list[float]]:
    """A text without its numbers, and the numbers; versions, curves and styles are left out."""
    for pattern in (_CURVE, _STYLE, _VERSION):
        text = pattern.sub(" ", text)
    numbers = [float(found.replace(",", "")) for found in _NUMBER.findall(text)]
    return " ".join(_NUMBER.sub("#", text).split()), numbers


def outputs(notebook: Any) -> list[tuple[str, str, str]]:
    """Cell, kind and text of all outputs in words; of pictures only that they are there."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {"stream": output.get("text")})
            if "image/png" in data:
                data = {"image/png": ""}
            found += [(cell["id"], kind, str(text)) for kind, text in sorted(data.items())]
    return found


def compare(stored: Any, new: Any) -> None:
    """Numbers may differ in the last digit shown, as processors do."""
    ours, theirs = outputs(stored), outputs(new)
    assert [one[:2] for one in ours] == [one[:2] for one in theirs]
    for (cell, kind, text), (_, _, again) in zip(ours, theirs, strict=True):
        said, numbers = words_and_numbers(text)
        said_again, numbers_again = words_and_numbers(again)
        assert said == said_again, (cell, kind)
        assert numbers_again == pytest.approx(numbers, rel=2e-3, abs=2e-4), (cell, kind)


@pytest.fixture(scope="module")
def stored() -> Any:
    return nbformat.read(PAGE, as_version=4)


def test_a_new_run_gives_what_the_page_shows(stored: Any) -> None:
    new = runpy.run_path(str(ROOT / "docs" / "run_tutorial.py"))["executed"]()
    compare(stored, new)


def test_a_page_that_is_stale_is_told(stored: Any) -> None:
    changed = nbformat.from_dict(json.loads(json.dumps(stored)))
    cell = next(one for one in changed.cells if one["id"] == "effects")
    plain = cell["outputs"][0]["data"]["text/plain"]
    cell["outputs"][0]["data"]["text/plain"] = plain.replace("-0.04", "-0.05")
    with pytest.raises(AssertionError):
        compare(stored, changed)
    cell["outputs"][0]["data"]["text/plain"] = plain.replace("alignment", "autonomy")
    with pytest.raises(AssertionError):
        compare(stored, changed)


def test_every_cell_was_run_in_order_and_none_failed(stored: Any) -> None:
    code = [cell for cell in stored.cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = [output["output_type"] for cell in code for output in cell["outputs"]]
    assert not {"error"} & set(kinds)
    assert not [o for cell in code for o in cell["outputs"] if o.get("name") == "stderr"]
    assert sum("image/png" in o.get("data", {}) for cell in code for o in cell["outputs"]) == 4
    assert len({cell["id"] for cell in stored.cells}) == len(stored.cells)


def test_the_page_is_small_and_tells_nothing_of_the_machine(stored: Any) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(text) < 1_500_000
    assert not re.search(r"/(home|tmp|root|work|Users)/|[A-Z]:\\\\", text)
    assert stored.metadata["language_info"] == {"name": "python"}


def test_links_lead_somewhere(stored: Any) -> None:
    said = "\n".join(cell["source"] for cell in stored.cells if cell["cell_type"] == "markdown")
    targets = re.findall(r"\]\(([^)#:]+)\)", said)
    assert targets
    assert [target for target in targets if not (PAGE.parent / target).exists()] == []
