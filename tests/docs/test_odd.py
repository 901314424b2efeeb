"""The ODD page: its tables are those of code and files, its equations those of the core."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from difflib import unified_diff
from functools import cache

import numpy as np
import pytest

from docs.write_tables import (
    ATTRIBUTE_SYMBOLS,
    DRIVER_SYMBOLS,
    PAGES,
    TABLES,
    TRANSFORMATIONS,
    greek,
    rewritten,
)
from sim.case import load_case
from sim.case.schema import ATTRIBUTES
from sim.core.drivers import DRIVERS
from sim.core.state import State
from sim.core.world import Attributes
from tests.docs.equations import (
    AXES,
    Array,
    Equation,
    NotAnEquation,
    Symbols,
    defined,
    equations,
    worked_out,
)
from tests.docs.one_quarter import held_against, one_quarter
from tests.docs.test_pages import ROOT, blocks, section, table_rows

PAGE = ROOT / "docs" / "odd.md"
TOLERANCE = 1e-12  # relative to the largest value where values exceed one
SEEN = 1e-9  # a mistake has to change some value by more


def written() -> list[Equation]:
    """All equations of the page, in its order."""
    return [
        one for block in blocks(PAGE) if block.language == "text" for one in equations(block.text)
    ]


def given(equation: Equation, symbols: Symbols) -> Array:
    """What an equation gives; of a function, at arguments that have its names."""
    if equation.arguments:
        return defined(equation, symbols)(*(symbols.at(name) for name in equation.arguments))
    return worked_out(equation, symbols)


@cache
def page_at_work() -> tuple[Symbols, tuple[tuple[Equation, Array], ...]]:
    """The symbols with those that the page adds, and what each of its equations gives."""
    quarter, _ = one_quarter()
    symbols = Symbols(quarter.lengths, dict(quarter.arrays))
    results = []
    for equation in written():
        with np.errstate(divide="ignore"):  # cells that an equation then leaves out
            value = given(equation, symbols)
        if equation.arguments:
            symbols.functions[equation.name] = defined(equation, symbols)
        else:
            axes = "".join(AXES[index] for index in equation.indices)
            symbols.arrays[equation.name, axes] = value
        results.append((equation, value))
    return symbols, tuple(results)


def difference(ours: Array, core: Array) -> float:
    """Largest difference, relative to the largest value where that exceeds one."""
    assert ours.ndim == core.ndim
    assert np.isfinite(core).all()
    apart = float(np.abs(ours - core).max())
    return apart / max(1.0, float(np.abs(core).max()))


def changed_lines(page: str, now: str) -> list[str]:
    """Lines that a page has and should not have (-), or the other way round (+)."""
    found = list(unified_diff(page.splitlines(), now.splitlines(), n=0, lineterm=""))[2:]
    return [line for line in found if not line.startswith("@@")]


def test_a_changed_source_or_value_is_shown_with_its_line() -> None:
    text = PAGE.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| `exposure` | share of GDP"))
    changed = text.replace("worldbank-wdi 186", "worldbank-wdi 185").replace(
        "| `own_weight` | 0.3 |", "| `own_weight` | 0.4 |"
    )
    stale = changed_lines(changed, rewritten(changed))
    assert f"+{row}" in stale
    assert len(stale) == 4


def test_tables_are_those_of_code_and_files() -> None:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found += re.findall(r"<!-- table: (\w+) -->", text)
        stale = changed_lines(text, rewritten(text))
        assert stale == [], f"run `python docs/write_tables.py`: {page.name} is old"
    assert sorted(found) == sorted(TABLES)
    assert rewritten("<!-- table: steps -->\nold\n<!-- end of table -->\n").count("\n| (") == 11


def test_every_attribute_driver_and_state_has_a_symbol_and_words() -> None:
    of_world = {one.name for one in fields(Attributes)}
    assert set(ATTRIBUTE_SYMBOLS) == (set(ATTRIBUTES) & of_world) - {"migrants"}
    assert set(DRIVER_SYMBOLS) == set(DRIVERS)
    assert set(TRANSFORMATIONS) == set(ATTRIBUTES)
    assert len(TABLES["state"]().splitlines()) == 2 + len(fields(State))


def test_equations_give_what_the_core_gives() -> None:
    symbols, results = page_at_work()
    _, moment = one_quarter()
    wrong = []
    for equation, value in results:
        for source in equation.sources:
            apart = difference(value, held_against(source, symbols, moment))
            if not apart < TOLERANCE:
                wrong.append(f"{equation.name} against {source}: {apart:.2g}")
    assert wrong == []


def test_most_equations_are_held_against_the_core() -> None:
    page = PAGE.read_text(encoding="utf-8") + "\n# End\n"
    for number in range(1, 12):
        heading = re.search(rf"^### \({number}\) .+$", page, re.MULTILINE)
        assert heading, number
        lines = section(page, heading[0])
        assert lines.count("→") >= 1, heading[0]
    checked = [equation for equation in written() if equation.sources]
    assert len(checked) >= 85
    assert sum("outcome" in source for one in checked for source in one.sources) >= 20


TURNED = {"+": "−", "−": "+", "·": "/", "/": "·", "<": ">", ">": "<", "max": "min", "min": "max"}
_TURNS = re.compile(r"[+−·/<>]|\b(?:max|min)(?=[_(])")


def mistaken(text: str) -> list[str]:
    """The text with one sign, product, quotient, comparison or bound turned around, each way."""
    return [
        text[: found.start()] + TURNED[found[0]] + text[found.end() :]
        for found in _TURNS.finditer(text)
    ]


def test_a_mistake_is_seen_in_every_equation() -> None:
    symbols, results = page_at_work()
    unseen, tried = [], 0
    for equation, value in results:
        for text in mistaken(equation.text):
            tried += 1
            with np.errstate(all="ignore"):
                changed = given(replace(equation, text=text), symbols)
            if np.abs(changed - value).max() <= SEEN:
                unseen.append(f"{equation.name} = {text}")
    assert unseen == []
    assert tried > 400


def test_every_line_without_an_arrow_is_used_by_one_that_has() -> None:
    """So a mistake in it is a mistake in something that is compared."""
    found = written()
    for place, equation in enumerate(found):
        if not equation.sources:
            later = " ".join(one.text + " ".join(one.sources) for one in found[place + 1 :])
            assert re.search(rf"(?<![\w°*]){re.escape(equation.name)}(?![^\W_])", later), (
                equation.name
            )


def test_every_parameter_and_driver_is_at_work_in_an_equation() -> None:
    text = "\n".join(equation.text for equation in written())
    words = set(re.findall(r"[^\W\d_][\w*°]*", text))
    rows = list(load_case("central_asia").table("parameters"))
    idle = {row["name"] for row in rows if greek(row["symbol"]) not in words}
    assert idle == {"discount_rate"}  # in the running sum of welfare only
    stems = {word.split("_")[0] for word in words}
    assert {name for name, symbol in DRIVER_SYMBOLS.items() if symbol not in stems} == set()


def test_headings_are_those_of_the_protocol_in_its_order() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^## (\d\. .+)$", page, re.MULTILINE) == [
        "1. Purpose and patterns",
        "2. Entities, state variables, and scales",
        "3. Process overview and scheduling",
        "4. Design concepts",
        "5. Initialization",
        "6. Input data",
        "7. Submodels",
    ]
    concepts = section(page, "## 4. Design concepts")
    assert re.findall(r"^\*\*(.+)\.\*\*", concepts, re.MULTILINE) == [
        "Basic principles",
        "Emergence",
        "Adaptation",
        "Objectives",
        "Learning",
        "Prediction",
        "Sensing",
        "Interaction",
        "Stochasticity",
        "Collectives",
        "Observation",
    ]


def test_the_extensions_are_answered_and_each_submodel_says_why() -> None:
    page = PAGE.read_text(encoding="utf-8") + "\n# End\n"
    for asked in ("Data overview", "Data structure", "Data-to-model mapping"):
        assert f"\n### {asked} (ODD+2D)\n" in page
    answers = table_rows(section(page, "### Human decisions (ODD+D)"))[2:]
    assert all(all(cells) and len(cells) == 3 for cells in answers)
    assert {cells[0] for cells in answers} >= {
        "Theoretical background", "Empirical background", "Individual decision-making",
        "Rationality", "Norms and values", "Space", "Time", "Uncertainty in decisions", "Learning",
        "Sensing", "Cost of information", "Prediction", "Interaction", "Collectives",
        "Heterogeneity", "Stochasticity", "Observation",
    }  # fmt: skip
    for heading in re.findall(r"^### \(\d+\) .+$|^## [3-6]\. .+$", page, re.MULTILINE):
        if "Design concepts" not in heading:  # there each concept is a reason
            assert re.search(r"\*Why\b", section(page, heading)), heading


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y", "no equals sign"),
        ("y = nosuch_cp", "no symbol nosuch_cp"),
        ("y_cp = b⁻_cp +", "the end"),
        ("y_cp = (b⁻_cp", r"\) expected"),
        ("y_cp = b⁻_cp b⁻_cp", "left over"),
        ("y_cp = nosuch(b⁻_cp)", "no function nosuch"),
        ("y_cp = b⁻_cp ? 2", "cannot read"),
        ("y_cp = ·2", "not expected"),
    ],
)
def test_what_is_no_equation_is_refused(text: str, message: str) -> None:
    symbols, _ = one_quarter()
    with pytest.raises(NotAnEquation, match=message):
        worked_out(equations(text)[0], symbols)


def test_a_wrong_equation_is_seen() -> None:
    """The comparison above can fail: another product, another index, another power."""
    symbols, _ = page_at_work()
    _, moment = one_quarter()
    right = equations("L_cp = Σ_k V_cpk\n    → outcome leverage")[0]
    leverage = held_against(right.sources[0], symbols, moment)
    assert difference(worked_out(right, symbols), leverage) < TOLERANCE
    for text in ("L_cp = 2·Σ_k V_cpk", "L_cp = Σ_q Σ_k V_cqk·[q = 0]", "L_cp = max_k(V_cpk)"):
        wrong = worked_out(equations(text)[0], symbols)
        assert difference(wrong, leverage) > 1e-3
    with pytest.raises(NotAnEquation, match="neither a call"):
        held_against("nothing", symbols, moment)
