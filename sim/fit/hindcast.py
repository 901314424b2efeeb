"""Forecasts from past origins with what was known then, scored on what came."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.case import Case
from sim.case.posterior import Posterior
from sim.case.tables import choice
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.engines import engine
from sim.experiment.observables import observables
from sim.experiment.store import atomic
from sim.fit.card import hindcast_card
from sim.fit.fit import Fit, Settings, fit, prior_draws
from sim.fit.folder import begin, finish, finished
from sim.fit.forecast import Forecast, forecast
from sim.fit.noise import residual_noise
from sim.fit.one_thread import on_one_thread
from sim.fit.record import Observed, shipped
from sim.fit.scoring import Scored, score, vote_shares
from sim.fit.skill import (
    count_skill,
    coverage_table,
    others,
    quantity_skill,
    vote_skill,
    without_a_year,
)

# Mechanisms switched off one at a time, by the parameters that make them.
MECHANISMS: dict[str, dict[str, float]] = {
    "politics_off": {"fear_push": 0.0, "attention_pull": 0.0},
    "fear_off": {"fear_push": 0.0},
    "attention_off": {"attention_pull": 0.0},
    "coercion_off": {"threat_hazard": 0.0},
    "deals_off": {"stock_pull": 0.0, "deal_growth": 0.0},
    "reexports_off": {"reexport_trade_pull": 0.0, "reexport_income": 0.0},
    "demand_off": {
        "trade_elasticity": 0.0,
        "remittance_elasticity": 0.0,
        "exchange_rate_elasticity": 0.0,
        "oil_income": 0.0,
    },
    "currency_off": {"currency_pass_through": 0.0, "oil_pass_through": 0.0},
    "bypasses_off": {"bypass_investment": 0.0},
    "joint_voice_off": {"cohesion_pull": 0.0},
    "rivalry_off": {"rivalry_response": 0.0},
}
HORIZON = 4  # years
TABLES = ("quantities", "votes", "counts")
SKILLS = ("skill", "coverage", "votes_skill", "counts_skill", "without_a_year", "evidence")


@dataclass(frozen=True)
class Plan:
    """What a hindcast does.

    Attributes
    ----------
    origins : tuple of int
        Base years of the forecasts; the first is the main one, whose skill is reported first.
    last : int
        Last year that is scored.
    base : str
        Base quarter of the fits.
    runs : int
        Runs of each forecast.
    seed : int
    vectors, waves, simulations : int
        Size of each fit, see `sim.fit.fit.Settings`.
    """

    origins: tuple[int, ...]
    last: int
    base: str
    runs: int = 1000
    seed: int = 1
    vectors: int = 8192
    waves: int = 2
    simulations: int = 32768


@dataclass(frozen=True)
class Hindcast:
    """What a hindcast left in its folder."""

    folder: Path
    about: dict[str, object]

    @classmethod
    def read(cls, folder: Path) -> Hindcast:
        """Read a finished hindcast.

        Raises
        ------
        InputError
            If the folder holds none.
        """
        return cls(folder, finished(folder, "hindcast"))

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables: those of `TABLES` and `SKILLS`."""
        return pd.read_csv(self.folder / f"{name}.csv", keep_default_na=False, na_values=[""])

    def __repr__(self) -> str:
        return f"Hindcast({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        return hindcast_card(self)


@on_one_thread
def hindcast(
    case: Case,
    plan: Plan,
    out: Path,
    jobs: int | None = None,
    progress: bool = False,
    overwrite: bool = False,
    cluster: str | None = None,
) -> Hindcast:
    """Forecast from past origins and score.

    For each origin the parameters are fitted to years up to it, the world is built from figures up
    to it, and so are drift and noise. The drivers after it are given as they were observed; the
    variant `drivers_unknown` does without. Fits that stand in the folder are not made again.

    Parameters
    ----------
    case : Case
    plan : Plan
    out : Path
    jobs : int, optional
        Worker processes of the fits; default: this process does the work.
    progress : bool
    overwrite : bool
        Begin anew where the folder holds a hindcast.
    cluster : str, optional
        Address of the scheduler of a Dask cluster whose workers are to do the work of the fits.

    Raises
    ------
    InputError
        If there are no runs, a fit cannot be made, evidence is about something that is not
        simulated, the folder holds something else, or the cluster cannot be used.
    """
    started = time.monotonic()
    if plan.runs < 1:
        raise InputError(f"runs: found {plan.runs}; allowed: 1 or more")
    _check_evidence(case)
    engine(jobs, cluster)  # refused now, not after the first forecasts
    work = {"jobs": jobs, "cluster": cluster, "progress": progress}
    mark = {"plan": {**asdict(plan), "origins": list(plan.origins)}, "case": case.hash()}
    fits = [path.name for path in out.glob("fit-*")]
    begin(
        out, "hindcast", mark, (*(f"{name}.csv" for name in (*TABLES, *SKILLS)), *fits), overwrite
    )
    record = shipped(case)
    parts = []
    for origin in plan.origins:
        known, posterior, prior = _known(case, plan, record, origin, out, work)
        made = _forecasts(known, plan, origin, posterior, prior)
        ours = made.pop("model")
        later, past = record.until(plan.last), record.until(origin)
        parts.append(score(ours, later, past, made))
    scored = Scored.of(parts)
    tables = {name: getattr(scored, name) for name in TABLES}
    tables |= skills(scored, plan.origins[0])
    tables["evidence"] = _evidence(case, plan, record, out, work)
    for name, table in tables.items():
        with atomic(out / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.6g")
    finish(
        out,
        "hindcast",
        {
            "mark": mark,
            "case": {"name": case.name, "hash": mark["case"]},
            "plan": asdict(plan),
            "seconds": round(time.monotonic() - started, 1),
        },
    )
    return Hindcast.read(out)


def skills(scored: Scored, main: int) -> dict[str, pd.DataFrame]:
    """Tables of skill: of the main origin, and of all origins together.

    Returns
    -------
    dict of str to DataFrame
        skill, coverage, votes_skill, counts_skill, without_a_year; the column `origins` tells the
        main origin from all.
    """
    found: dict[str, list[pd.DataFrame]] = {}
    for label in (str(main), "all"):

        def part(table: pd.DataFrame, label: str = label) -> pd.DataFrame:
            return table if label == "all" else table[table["origin"] == main]

        quantities, votes, counts = (
            part(scored.quantities),
            part(scored.votes),
            part(scored.counts),
        )
        against = others(quantities, "crps")
        tables = {
            "skill": quantity_skill(quantities, against),
            "coverage": coverage_table(quantities),
            "votes_skill": vote_skill(votes, others(votes, "rps")),
            "counts_skill": count_skill(counts, others(counts, "log_score")),
            "without_a_year": pd.concat(
                [
                    without_a_year(quantities, name).assign(against=name)
                    for name in ("last_value", "persistence", "drift")
                ]
            ),
        }
        for name, table in tables.items():
            found.setdefault(name, []).append(table.assign(origins=label))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in found.items()}


def _known(
    case: Case,
    plan: Plan,
    record: Observed,
    origin: int,
    out: Path,
    work: Mapping[str, Any],  # what `fit` is told about it
) -> tuple[Case, Posterior, Posterior]:
    """The case, the posterior and the prior as they were known at an origin."""
    settings = Settings(
        until=origin,
        base=plan.base,
        seed=plan.seed,
        vectors=plan.vectors,
        waves=plan.waves,
        simulations=plan.simulations,
    )
    noise = residual_noise(case, record.until(origin), origin, plan.seed)
    known = case.with_table(noise.table)
    prior = prior_draws(known, settings)
    if quarters.parse(f"{origin}Q4") <= quarters.parse(plan.base):
        return known, prior, prior  # nothing between the base and the origin to be fitted to
    folder = out / f"fit-{origin}"
    try:
        found = Fit.read(folder)
        if found.about["settings"] == asdict(settings):
            return known, found.posterior, prior
    except InputError:
        pass
    return known, fit(case, settings, folder, **work).posterior, prior


def _forecasts(
    case: Case, plan: Plan, origin: int, posterior: Posterior, prior: Posterior
) -> dict[str, Forecast]:
    """The forecast from an origin, and its variants."""
    last = min(origin + HORIZON, plan.last)

    def make(draws: Posterior | None, **changed: object) -> Forecast:
        return forecast(case, origin, last, draws, plan.runs, plan.seed, **changed)  # type: ignore[arg-type]

    made = {
        "model": make(posterior),
        "drivers_unknown": make(posterior, observed=False),
        "drift_off": make(posterior, drift=False),
        "noise_off": make(posterior, noise=False),
        "centre": make(None),
        "prior": make(prior),
    }
    for name, overrides in MECHANISMS.items():
        made[name] = make(posterior, overrides=overrides)
    return made


def _check_evidence(case: Case) -> None:
    """Every observable that evidence is held against is simulated."""
    table = case.tables.get("evidence_observables")
    if table is None:
        return
    names = case.build().names
    quantities = [one.name for one in observables(case, names)]
    votes = [f"{text}.{country}" for text in names.texts for country in names.countries]
    for row in table:
        known = votes if row["statistic"] == "vote" else quantities
        if row["observable"] not in known:
            raise InputError(
                f"{table.where(row)}: column 'observable': {choice(row['observable'], known)}"
            )


def _evidence(
    case: Case, plan: Plan, record: Observed, out: Path, work: Mapping[str, Any]
) -> pd.DataFrame:
    """Where changes that the documents report fell in the forecast made a year before."""
    table = case.tables.get("evidence_observables")
    if table is None or not len(table):
        return pd.DataFrame(columns=["evidence"])
    origin = min(int(row.number("year")) for row in table) - 1
    known, posterior, _ = _known(case, plan, record, origin, out, work)
    years = max(int(row.number("year")) for row in table)
    made = {
        "quantile": forecast(known, origin, years, posterior, plan.runs, plan.seed),
        "quantile_drivers_unknown": forecast(
            known, origin, years, posterior, plan.runs, plan.seed, observed=False
        ),
    }
    said = {row["id"]: row for row in case.table("evidence")}
    rows = []
    for row in table:
        told, year = said[row["evidence"]], int(row.number("year"))
        found: dict[str, object] = {
            "evidence": row["evidence"],
            "observable": row["observable"],
            "statistic": row["statistic"],
            "year": year,
            "note": row["note"] or told["caution"],
        }
        if row["statistic"] == "vote":
            text, country = row["observable"].split(".")
            shares = vote_shares(made["quantile"], text, country, year)
            absent = made["quantile"].years.of(f"vote_absent.{text}.{country}", year, year).mean()
            found |= {"observed": told["value"], "expected": None if shares is None else shares[1]}
            found["absent"] = float(absent)
            rows.append(found)
            continue
        value = _reported(told["unit"], float(told["value"]), row.number("scale"))
        found["observed"] = value
        for column, one in made.items():
            base = one.years.of(row["observable"], origin, origin)[0]
            later = one.years.of(row["observable"], year, year)[0]
            growth = later / base - 1.0
            if row["statistic"] == "level":
                past = record.series(row["observable"])
                growth = float(past[origin]) * (1.0 + growth)
            found[column] = float((growth < value).mean())
            if column == "quantile":
                low, middle, high = np.quantile(growth, [0.1, 0.5, 0.9])
                found |= {"q10": low, "q50": middle, "q90": high}
        rows.append(found)
    return pd.DataFrame(rows)


def _reported(unit: str, value: float, scale: float) -> float:
    """A reported figure as a rise (0.37) or a level in the unit of the observable."""
    return value - 1.0 if unit == "ratio" else value * scale
