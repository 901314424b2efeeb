"""What the page on designs shows works: its designs load, fit, act and have the rows it says.

A block of TOML says after its language what it is: `design` or `design` and a path (a whole
file), `design part` (what is added to a head, with a mode and a factor where it has none) or
`design wrong` (refused with the message in the next block of text). A block of CSV is written to
the file it names.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.experiment.design import MODES, DesignFile, Factor, list_designs, load_design
from sim.experiment.design import Design as OneDesign
from sim.experiment.design import load_scenarios as scenarios_of
from sim.experiment.design_check import check_inputs, resolve_factors
from sim.experiment.sampling import Sample, sample
from tests.docs.pages import ROOT, blocks, section, table_rows

PAGE = ROOT / "docs" / "designs.md"
HEAD = 'title = "Part"\nquestion = "Does this part fit?"\nscenario = "cpc_closure"\n'
MODE = 'mode = "latin_hypercube"\nrows = 4\n'
FACTOR = '[[factor]]\npath = "parameters.fear_push"\nlow = 0.0\nhigh = 6.0\n'
_CODE = re.compile(r"`([^`\n]+)`")


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def whole(part: str) -> str:
    """A part with what it lacks to be a design."""
    head = HEAD + ("" if part.startswith("mode = ") else MODE)
    return head + part + ("" if "[[factor]]" in part else FACTOR)


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("central_asia")


def loaded(text: str, case: Case) -> tuple[OneDesign, Sample]:
    Path("scenarios/designs").mkdir(parents=True, exist_ok=True)
    path = Path("scenarios/designs/block.toml")
    path.write_text(text, encoding="utf-8")
    design = load_design(path)
    scenarios = scenarios_of(design)
    check_inputs(design, scenarios, case)
    return design, sample(design, resolve_factors(design, scenarios, case))


def test_the_designs_of_the_page_can_be_run(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scenarios/designs").mkdir(parents=True)
    found = blocks(PAGE)
    modes: dict[str, list[int]] = {}
    for block, following in zip(found, [*found[1:], None], strict=False):
        if block.language == "csv":
            Path("scenarios/designs", block.word).write_text(block.text, encoding="utf-8")
        if block.language != "toml":
            continue
        if block.word == "design wrong":
            assert following is not None
            with pytest.raises(InputError) as caught:
                loaded(block.text, case)
            assert str(caught.value) == following.text.strip()
            continue
        assert re.fullmatch(r"design( part| \S+\.toml)?", block.word), block.line
        text = whole(block.text) if block.word == "design part" else block.text
        try:
            design, drawn = loaded(text, case)
        except InputError as error:
            pytest.fail(f"{PAGE.name}:{block.line}: {error}")
        modes.setdefault(design.mode, []).append(len(drawn.ids))
    assert set(modes) == set(MODES)
    assert modes["grid"] == [12, 10]
    assert modes["saltelli"] == [64 * (2 + 3)]
    assert modes["morris"] == [20 * (2 + 2)]
    assert modes["one_at_a_time"] == [1 + 5 + 2]
    assert (modes["csv"], modes["matched"]) == ([3], [3])


def test_every_key_and_mode_is_explained(page: str) -> None:
    told = {cell.strip("[]") for cell in _CODE.findall(section(page, "## The file"))}
    assert set(DesignFile.model_fields) <= told
    assert set(Factor.model_fields) <= set(_CODE.findall(section(page, "## Factors")))
    rows = table_rows(section(page, "## Modes"))[2:]
    assert [cells[0].strip("`") for cells in rows] == list(MODES)
    for mode in MODES:
        assert f"\n### `{mode}`\n" in page


def test_defaults_are_those_of_the_schema(page: str) -> None:
    told = {cells[0].strip("`"): cells[2] for cells in table_rows(section(page, "## The file"))[2:]}
    for name in ("runs", "seed", "sampling_seed"):
        assert told[name] == str(DesignFile.model_fields[name].default)
    assert told["parameters"] == f"`{DesignFile.model_fields['parameters'].default}`"


def test_every_path_of_the_page_can_vary(page: str, case: Case) -> None:
    from sim.scenario import load_scenario
    from sim.scenario.factors import find_place

    rows = table_rows(section(page, "## Paths"))[2:]
    assert len(rows) == 8
    for cells in rows:
        path = cells[0].strip("`")
        scenario = load_scenario("war_package" if path.startswith("path") else "cpc_closure")
        find_place(path, scenario, case)


def test_shipped_designs_are_listed(page: str) -> None:
    rows = table_rows(section(page + "\n## End\n", "## Designs that come along"))[2:]
    shipped = sorted(path.stem for path in (ROOT / "scenarios" / "designs").glob("*.toml"))
    assert [cells[0].strip("`") for cells in rows] == shipped
    assert set(shipped) <= set(list_designs())
    for cells in rows:
        assert load_design(cells[0].strip("`")).mode == cells[1].strip("`")


def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page):
        assert (PAGE.parent / target).exists()
