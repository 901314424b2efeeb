"""What scenarios assume, against scenarios written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.experiment.result import Result
from sim.report.assumptions import Assumptions, assumptions
from sim.report.evidence import evidence, shares
from sim.report.material import Material, read_material
from sim.report.names import Names


@pytest.fixture(scope="module")
def material(told: Result) -> Material:
    return read_material([told.folder])


def assumed(material: Material, name: str, *, others: bool = True) -> Assumptions:
    entries = [one.entry for one in material.scenarios]
    entry = next(one for one in entries if one["name"] == name)
    names = Names(material.manifest)
    return assumptions(entry, entries if others else [], material.case, names, centres=True)


def own(found: Assumptions, name: str) -> dict[str, tuple[str, str]]:
    return {one.key: (one.was, one.now) for one in found.changes if one.scenario == name}


def test_an_event_is_told_with_its_fields_reason_and_source(material: Material) -> None:
    found = assumed(material, "closed")
    assert found.chain == ("closed", "calm")
    (change,) = [one for one in found.changes if one.scenario == "closed"]
    assert change.key == "event close_route, Northern pipeline"
    assert change.was == "does not happen"
    assert change.now == (
        "2023Q2: quarters 2 (how long; fractions count in part); intensity 0.5 (share of the route "
        "closed); attribution 0.5 (how far it is read as coercion)"
    )
    assert (change.reason, change.source) == (
        "The pipe needs a pump",
        "T001; assumption: half of it",
    )


def test_inherited_events_that_are_changed_and_parameters_are_told_against_what_is_extended(
    material: Material,
) -> None:
    found = assumed(material, "deeper")
    assert found.chain == ("deeper", "closed", "calm")
    changes = own(found, "deeper")
    assert set(changes) == {"parameters.fear_push", "event close_route, Northern pipeline"}
    was, now = changes["event close_route, Northern pipeline"]
    assert was.startswith("2023Q2: quarters 2 ")
    assert now.startswith("2023Q2: quarters 3 ")
    assert changes["parameters.fear_push"] == (
        "1.5 at its centre",
        "drawn run by run: uniform(low 4, high 6)",
    )
    assert "event close_route, Northern pipeline" in own(found, "closed")  # down the chain


def test_what_extends_nothing_is_told_whole_and_what_changes_nothing_is_empty(
    material: Material,
) -> None:
    root = own(assumed(material, "calm"), "calm")
    assert root["horizon.end"] == ("–", "2023Q4")
    assert own(assumed(material, "twin"), "twin") == {}
    assert own(assumed(material, "fewer"), "fewer") == {
        "membership.countries": ("all core countries", "Avaland, Borland")
    }


def test_a_base_that_is_nowhere_is_owned_up_to(material: Material) -> None:
    found = assumed(material, "twin", others=False)
    assert found.chain == ("twin",)
    assert found.remark == (
        "calm, which twin extends, is neither among the results nor at hand; what it sets is "
        "counted with twin."
    )


BASE = """
title = "Base"
question = "?"
case = "{case}"
[horizon]
start = "2023Q1"
end = "2024Q4"
[switches]
deals = false
[[attribute]]
name = "openness"
power = "NOR"
factor = 2.0
[[path]]
driver = "sanctions"
form = "constant"
from = "2023Q2"
value = 0.4
reason = "r1"
source = "s1"
[[event]]
kind = "coerce"
country = "AVA"
power = "NOR"
channel = "trade"
date = "2023Q3"
quarters = 1
reason = "r2"
source = "s2"
"""
OVER = """
title = "Over"
question = "?"
extends = "base"
without = ["event.coerce.AVA.NOR.trade"]
[switches]
deals = true
[horizon]
end = "2025Q4"
[[attribute]]
name = "openness"
power = "NOR"
value = 0.3
reason = "r3"
[[path]]
driver = "sanctions"
form = "ramp"
from = "2023Q3"
to = "2024Q1"
value = 0.9
reason = "r4"
source = "s4"
[[path]]
driver = "distraction"
power = "NOR"
form = "pulse"
from = "2023Q3"
quarters = 2
change = 0.1
reason = "r5"
source = "s5"
"""


@pytest.fixture
def written(tmp_path: Path, material: Material) -> list[dict[str, object]]:
    from sim.scenario import load_scenario

    case = Path(__file__).parents[1] / "data" / "toy_case"
    (tmp_path / "base.toml").write_text(BASE.format(case=case.as_posix()), encoding="utf-8")
    (tmp_path / "over.toml").write_text(OVER, encoding="utf-8")
    return [
        {"name": name, "resolved": load_scenario(tmp_path / f"{name}.toml").resolved()}
        for name in ("over", "base")
    ]


def test_every_kind_of_change_is_told(written: list[dict[str, object]], material: Material) -> None:
    names = Names(material.manifest)
    found = assumptions(written[0], written, material.case, names, centres=True)
    assert own(found, "over") == {
        "horizon.end": ("2024Q4", "2025Q4"),
        "switches.deals": ("off", "on"),
        "attribute openness, Northern Empire": ("times 2", "0.3"),
        "driver sanctions": (
            "from 2023Q2: 0.4",
            "in a straight line from 2023Q3 to 2024Q1: 0.9",
        ),
        "driver distraction, Northern Empire": (
            "0.3 in the case",
            "for a while, from 2023Q3: plus 0.1; quarters 2 (instead of to; fractions count in "
            "part); decay 1 (share lost a quarter afterwards; 1: gone at once)",
        ),
        "event coerce, Avaland, Northern Empire, Trade in goods": (
            "2023Q3: quarters 1 (how long; fractions count in part); intensity 1 (share of the "
            "flow interrupted); attribution 1 (how far it is read as coercion)",
            "left out",
        ),
    }
    assert own(found, "base")["switches.deals"] == ("on", "off")


def test_evidence_is_found_by_the_ids_that_scenarios_name(material: Material) -> None:
    case = material.case
    assert case is not None
    resolved = {"event": [{"source": "T001; assumption: half"}, {"source": "nothing known"}]}
    found = evidence(case, [("Closed", resolved)], ["AVA"], case.as_of)
    assert "Closed" in found.users("T001")
    assert [row["id"] for row in found.rows("documents")] == ["T0"]
    linked = found.linked("T001; assumption: half")
    assert [(piece.text, piece.target) for piece in linked] == [
        ("T001", "#evidence-t001"),
        ("; assumption: half", ""),
    ]
    assert found.linked("nothing known") == "nothing known"


def test_figures_behind_a_country_are_counted_by_how_good_they_are(material: Material) -> None:
    case = material.case
    assert case is not None
    all_three = evidence(case, [], ["AVA", "BOR", "CIM"], case.as_of)
    one = evidence(case, [], ["AVA"], case.as_of)
    assert sum(one.confidence.values()) < sum(all_three.confidence.values())
    assert sum(share for *_, share in shares(one)) == pytest.approx(1.0)
    exposures = [  # of one country at the base year 2022, one row a channel
        row
        for row in case.table("attributes")
        if row["attribute"] == "exposure" and row["country"] == "AVA" and row.year == 2022
    ]
    from sim.report.evidence import standing

    counted = [row for what, row in standing(case, ["AVA"], case.as_of) if what == "exposure"]
    assert {row.line for row in exposures} <= {row.line for row in counted}


def test_without_the_case_nothing_is_claimed(material: Material) -> None:
    found = evidence(None, [("x", {"source": "T001"})], ["AVA"], 8091)
    assert found.rows("evidence") == []
    assert shares(found) == []
    assert found.linked("T001") == "T001"
