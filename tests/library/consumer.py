"""A small script of somebody else's: every public name is used as its types say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import sim
from sim.analysis.comparison import comparison
from sim.fit.fit import Fit, Settings, fit
from sim.fit.hindcast import Hindcast, Plan, hindcast


def differences(out: Path) -> pd.DataFrame:
    result: sim.Result = sim.batch(["baseline", "war_ends"], runs=4, seed=1, out=out)
    stored: sim.Result | sim.Sweep = sim.load(out)
    assert isinstance(stored, sim.Result)
    names: list[str] = stored.scenarios
    assert result.complete
    return comparison(stored, stored, names[1], names[0])


def swept(out: Path) -> pd.DataFrame:
    sweep: sim.Sweep = sim.sweep("hedging_space", rows=4, runs=1, out=out)
    return sweep.design()


def about(name: str) -> str:
    try:
        scenario: sim.Scenario = sim.load_scenario(name)
        case: sim.Case = sim.load_case(scenario.case)
    except sim.InputError as error:
        return str(error)
    return f"{scenario.title}: {case.title}"


def files() -> list[Path]:
    return list(sim.list_scenarios().values())


def report(folder: Path) -> Path:
    return sim.write_report([folder], folder / "report.html", drawn=False)


def chart(folder: Path) -> tuple[float, float]:
    width, height = sim.figure(folder, "fan", outcome="autonomy", country="KAZ").get_size_inches()
    return float(width), float(height)


def walk() -> str:
    model = sim.DiplomacyModel("baseline", rng=1)
    model.step()
    quarter: str = model.quarter
    hold: list[float] = [country.leverage_of("RUS") for country in model.countries]
    return f"{quarter} {hold}"


def why() -> tuple[str, pd.DataFrame]:
    explained = sim.explain("cpc_closure", "KAZ", "2027Q1", runs=4)
    return explained.country, explained.events


def moved() -> str:
    return sim.trace("control.RUS.transit", runs=4).text(top=5)


def fitted(case: sim.Case, out: Path) -> tuple[Fit, Hindcast]:
    plan = Plan(origins=(2018,), last=2022, base="2022Q4")
    return fit(case, Settings(until=2022, base="2022Q4"), out), hindcast(case, plan, out, jobs=2)
