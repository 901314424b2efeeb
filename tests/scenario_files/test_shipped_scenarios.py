"""Every shipped scenario loads, cites what exists, differs from its base, does what it says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.case import load_case
from sim.core import quarters
from sim.core.indicators import INDICATORS, columns
from sim.core.simulate import simulate
from sim.core.world import Array
from sim.scenario import Scenario, compile_plan, load_scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
SEED = 2022
RUNS = 400

SHIPPED = {
    "baseline",
    "forecast",
    "full_spectrum_c5plus1",
    "five_bilateral_deals_2025",
    "joint_voice",
    "azerbaijan_joins",
    "cpc_closure",
    "trans_caspian_oil",
    "trans_caspian_gas",
    "gas_union",
    "frost_gas_cut",
    "middle_corridor_doubles",
    "china_kyrgyzstan_uzbekistan_railway",
    "remittance_shock",
    "migrant_expulsions",
    "russia_distracted",
    "war_package",
    "war_ends",
    "secondary_sanctions",
    "russia_china_condominium",
    "russia_china_rivalry",
    "critical_minerals_race",
    "china_rare_earth_restriction",
    "afghan_spillover",
    "us_withdrawal",
    "us_stance_flip",
    "jackson_vanik_repeal",
    "travel_ban_lifted",
    "southeast_asia",
    "south_china_sea_crisis",
    "us_tariffs_on_rerouting",
}
BASES = ("baseline", "southeast_asia")  # extended by the others, one for each case
CHANGED = sorted(SHIPPED - set(BASES))
EXTENDS = {
    "war_package": "russia_distracted",
    "jackson_vanik_repeal": "five_bilateral_deals_2025",
    "travel_ban_lifted": "five_bilateral_deals_2025",
    "south_china_sea_crisis": "southeast_asia",
    "us_tariffs_on_rerouting": "southeast_asia",
}


@cache
def scenario(name: str) -> Scenario:
    return load_scenario(FOLDER / f"{name}.toml")


@cache
def headlines() -> tuple[str, ...]:
    """Columns that any scenario's headline speaks of."""
    return tuple(sorted({h.outcome for name in SHIPPED for h in scenario(name).headline}))


@cache
def paths(name: str) -> dict[str, Array]:
    """Headline columns of a scenario, each (quarter, run); columns it does not have left out."""
    found = scenario(name)
    world, plan = compile_plan(found, load_case(found.case), range(RUNS), SEED)
    places: dict[str, tuple[str, int]] = {}
    for outcome in headlines():
        prefix = outcome.split(".")[0]
        names = columns(INDICATORS[prefix], world.names)
        if outcome in names:
            places[outcome] = prefix, names.index(outcome)
    values = {outcome: np.empty((plan.quarters, RUNS)) for outcome in places}
    for quarter in simulate(world, plan, SEED, 0, RUNS):
        measured = {prefix: quarter.measure(prefix) for prefix in {p for p, _ in places.values()}}
        for outcome, (prefix, row) in places.items():
            values[outcome][quarter.index] = measured[prefix].reshape(-1, RUNS)[row]
    return values


def at(name: str, outcome: str, when: str) -> Array:
    """An outcome at a quarter, the end, or on average, (run,)."""
    path = paths(name)[outcome]
    if when == "mean":
        return path.mean(axis=0)
    return path[-1 if when == "end" else quarters.parse(when) - scenario(name).start]


def test_exactly_the_promised_scenarios_are_shipped() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == SHIPPED


@pytest.mark.parametrize("name", CHANGED)
def test_extends_what_its_text_says(name: str) -> None:
    base = scenario(name).base
    assert base is not None
    assert base.name == EXTENDS.get(name, "baseline")
    assert (scenario(name).start, scenario(name).end) == (base.start, base.end)


@pytest.mark.parametrize("name", BASES)
def test_a_base_is_thirteen_years_without_an_event(name: str) -> None:
    base = scenario(name)
    assert quarters.name(base.start) == "2023Q1"
    assert quarters.name(base.end) == "2035Q4"
    assert not base.path
    assert not base.event
    assert not base.attribute
    assert not base.parameters


@pytest.mark.parametrize("name", CHANGED)
def test_every_source_is_a_document_a_figure_or_an_assumption(name: str) -> None:
    case = load_case(scenario(name).case)
    known = set(case.table("documents").codes) | set(case.table("evidence").codes)
    entries = [*scenario(name).path, *scenario(name).event]
    assert entries or scenario(name).attribute
    for entry in entries:
        cited = set(re.findall(r"\b[ES]\d+\b", f"{entry.source} {entry.reason}"))
        assert cited <= known, entry
        assert set(re.findall(r"\b[ES]\d+\b", entry.source)) or entry.source.startswith(
            "assumption: "
        ), entry


@pytest.mark.parametrize("name", CHANGED)
def test_headlines_move_as_the_text_says(name: str) -> None:
    found = scenario(name)
    assert 1 <= len(found.headline) <= 3
    for headline in found.headline:
        against = headline.against or EXTENDS.get(name, "baseline")
        change = at(name, headline.outcome, headline.at) - at(
            against, headline.outcome, headline.at
        )
        error = change.std(ddof=1) / np.sqrt(RUNS)
        moved = change.mean() if headline.direction == "up" else -change.mean()
        assert moved > 3.0 * error, (
            f"{headline.outcome} at {headline.at} should go {headline.direction}: "
            f"{change.mean():.6g} with a standard error of {error:.2g}"
        )
        assert moved > 1e-9


@pytest.mark.parametrize("name", CHANGED)
def test_differs_from_the_base_of_its_case(name: str) -> None:
    (root,) = (base for base in BASES if scenario(base).case == scenario(name).case)
    ours, baseline = paths(name), paths(root)
    assert any(not np.array_equal(ours[outcome], baseline[outcome]) for outcome in baseline)


def rows_of_mechanisms() -> list[tuple[str, list[str], set[str]]]:
    """Rows of the README's table: mechanism, its scenarios, the drivers and kinds it names."""
    rows = []
    for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 4 and re.fullmatch(r"M\d+", cells[0]):
            named = [re.findall(r"`(\w+)`", cell) for cell in cells[2:]]
            rows.append((cells[0], named[0], set(named[1])))
    return rows


def test_the_table_names_all_eighteen_mechanisms() -> None:
    assert [row[0] for row in rows_of_mechanisms()] == [f"M{number}" for number in range(1, 19)]


@pytest.mark.parametrize("row", rows_of_mechanisms(), ids=lambda row: row[0])
def test_a_mechanism_is_moved_by_what_the_table_says(
    row: tuple[str, list[str], set[str]],
) -> None:
    _, names, named = row
    assert set(names) <= SHIPPED
    used = {path.driver for name in names for path in scenario(name).path}
    used |= {event.kind for name in names for event in scenario(name).event}
    assert named <= used
    assert all(
        named & ({p.driver for p in scenario(n).path} | {e.kind for e in scenario(n).event})
        for n in names
    )
