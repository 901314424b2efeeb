"""The fit: residual noise, waves of history matching, regression ABC, and what came of it."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim import __version__
from sim.case import Case
from sim.case.build import base_year
from sim.case.posterior import POSTERIOR, Posterior, read_posterior, write_posterior
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.world import Array, Flags, World
from sim.experiment.engines import Engine, engine
from sim.experiment.observables import observables, vote_observables
from sim.experiment.store import atomic
from sim.fit.card import fit_card
from sim.fit.diagnostics import (
    collinearity,
    contraction,
    correlations,
    noise_distance,
    predictive_check,
)
from sim.fit.folder import begin, finish, finished
from sim.fit.given import given_scenario
from sim.fit.library import Simulator, consistent, simulate_moments
from sim.fit.matching import Matching, design, match
from sim.fit.noise import residual_noise
from sim.fit.one_thread import on_one_thread
from sim.fit.prior import Prior
from sim.fit.record import shipped
from sim.fit.recovery import recover_library
from sim.fit.regression import Library, fewest_simulations
from sim.fit.targets import STATISTICS, Target, targets
from sim.scenario import compile_plan

FEWEST_DRAWS = 1000
MOST = 10_000_000  # vectors, simulations or draws: what a machine can be thought to hold
TABLES = ("parameters", "targets", "waves", "pairs", "recovery", "residual_noise")
OWN = (  # what a fit leaves in its folder
    POSTERIOR,
    "summary.json",
    "report.md",
    "simulations",
    *(f"{name}.csv" for name in TABLES),
)
_SPARE = 3  # draws made for each one wanted, since some make no consistent world


@dataclass(frozen=True)
class Settings:
    """How to fit.

    Attributes
    ----------
    until : int
        Last year of the record that is used.
    base : str
        Base quarter that is simulated from.
    seed : int
    vectors : int
        Parameter vectors of a wave of history matching.
    waves : int
        Waves at most.
    simulations : int
        Vectors of the library that is conditioned on the record.
    draws : int
        Draws of the posterior.
    """

    until: int
    base: str
    seed: int = 1
    vectors: int = 8192
    waves: int = 2
    simulations: int = 65536
    draws: int = 2000


@dataclass(frozen=True)
class Problem:
    """What is fitted: the record's moments, the simulator that answers them, the priors.

    Attributes
    ----------
    case : Case
        With the residual noise known at the end of the years used.
    settings : Settings
    free : Prior
        Parameters that are fitted.
    others : Prior or None
        Those that only vary within their priors, so that what is not known of them widens the
        posterior of the others; None if there are none.
    simulator : Simulator
    noise : DataFrame
        Rows of the table ``residual_noise`` for the last year used.
    """

    case: Case
    settings: Settings
    free: Prior
    others: Prior | None
    simulator: Simulator
    noise: pd.DataFrame

    @property
    def targets(self) -> tuple[Target, ...]:
        """The moments of the record."""
        return self.simulator.targets


def pose(case: Case, settings: Settings) -> Problem:
    """Set a fit up.

    Parameters
    ----------
    case : Case
        With targets, measures and series.
    settings : Settings

    Raises
    ------
    InputError
        If the case has no targets in these years, or none of its bases is the one asked for.
    """
    record = shipped(case).until(settings.until)
    base = quarters.parse(settings.base)
    year = base_year(base)
    if settings.until <= year:
        raise InputError(
            f"until: found {settings.until}; allowed: years after the base {settings.base}, "
            "since the years in between are what is fitted"
        )
    known = base_year(case.as_of)
    if settings.until > known:
        raise InputError(
            f"until: found {settings.until}; allowed: up to {known}, the base year of the case"
        )
    if base not in case.bases:
        allowed = ", ".join(map(quarters.name, sorted(case.bases)))
        raise InputError(f"base: found {settings.base}; allowed: bases of the case, {allowed}")
    if record.values.empty:
        raise InputError(f"case {case.name}: its record holds no figure up to {settings.until}")
    noise = residual_noise(case, record, settings.until, settings.seed)
    case = case.with_table(noise.table)
    end = quarters.parse(f"{settings.until}Q4")
    scenario = given_scenario(case, base, end)
    world, plan = compile_plan(scenario, case, range(2), settings.seed)
    plan = _noise_of(case, world, plan, settings.until)
    wanted = observables(case, world.names) + vote_observables(case, world.names)
    chosen = targets(case, [one.name for one in wanted], year, settings.until)
    if not chosen:
        raise InputError(
            f"case {case.name}: no target lies between {year} and {settings.until}, so there is "
            "nothing to fit to"
        )
    used = {name for target in chosen for name in target.observables}
    free, others = _priors(case, chosen)
    return Problem(
        case=case,
        settings=settings,
        free=free,
        others=others,
        simulator=Simulator(
            world=world,
            plan=plan,
            wanted=tuple(one for one in wanted if one.name in used),
            targets=tuple(chosen),
            names=free.names,
            others=others,
            seed=settings.seed,
        ),
        noise=noise.frame,
    )


def _priors(case: Case, chosen: Sequence[Target]) -> tuple[Prior, Prior | None]:
    """Parameters fitted: class B, and those that a target informs. The others vary freely."""
    table = case.table("parameters")
    informed = {name for target in chosen for name in target.informs}
    ranged = {
        row["name"]
        for row in table
        if row["distribution"] not in ("", "fixed") and row["class"] in ("A", "convention")
    }
    free = Prior.from_rows(table, also=sorted(informed & ranged))
    rest = [row for row in table if row["name"] in ranged - set(free.names)]
    return free, Prior.from_rows(rest, also=[row["name"] for row in rest]) if rest else None


def _noise_of(case: Case, world: World, plan: Plan, year: int) -> Plan:
    """A plan with the noise known at the end of a year, not at its base."""
    later = case.build(f"{year}Q4", world.names.countries, world.names.powers)
    persistence, noise = case.noise(later)
    return replace(plan, persistence=persistence, noise=noise)


@dataclass(frozen=True)
class Fit:
    """What a fit left in its folder.

    Attributes
    ----------
    folder : Path
    posterior : Posterior
    about : mapping
        The manifest.
    """

    folder: Path
    posterior: Posterior
    about: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Fit:
        """Read a finished fit.

        Raises
        ------
        InputError
            If the folder holds none.
        """
        about = finished(folder, "fit")
        return cls(folder, read_posterior(folder / POSTERIOR), about)

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables, see `TABLES`."""
        return pd.read_csv(self.folder / f"{name}.csv", keep_default_na=False, na_values=["nan"])

    def __repr__(self) -> str:
        return f"Fit({str(self.folder)!r}: {self.posterior.draws} draws)"

    def _repr_html_(self) -> str:
        return fit_card(self)


@on_one_thread
def fit(
    case: Case,
    settings: Settings,
    out: Path,
    jobs: int | None = None,
    progress: bool = False,
    overwrite: bool = False,
    cluster: str | None = None,
) -> Fit:
    """Fit the parameters of a case to its record.

    Run it again with the same settings and folder, and it goes on where it was interrupted, or
    gives what it found. The posterior is the same for any number of workers.

    Parameters
    ----------
    case : Case
    settings : Settings
    out : Path
        Folder of the fit.
    jobs : int, optional
        Worker processes; default: this process does the work.
    progress : bool
        Show rate and time left on standard error.
    overwrite : bool
        Begin anew where the folder holds a fit.
    cluster : str, optional
        Address of the scheduler of a Dask cluster whose workers are to do the work.

    Raises
    ------
    InputError
        If the case or the settings cannot be fitted, the folder holds another fit, or the cluster
        cannot be used.
    """
    _check_sizes(settings)
    chosen = engine(jobs, cluster)
    problem = pose(case, settings)
    needed = fewest_simulations(len(problem.free))
    if settings.simulations < needed:
        raise InputError(
            f"simulations: found {settings.simulations}; allowed: {needed} or more, since "
            f"{len(problem.free)} parameters are fitted"
        )
    started = time.monotonic()
    if begin(out, "fit", _mark(problem), OWN, overwrite, reuse=True):
        return Fit.read(out)
    simulate = _Simulations(problem, out / "simulations", chosen, progress)
    observed = np.array([target.value for target in problem.targets])
    names = [target.name for target in problem.targets]
    matching = match(
        problem.free,
        simulate,
        observed,
        np.zeros(len(observed)),  # errors of observation are in the simulated moments
        names,
        settings.seed,
        vectors=settings.vectors,
        waves=settings.waves,
    )
    library = _library(problem, matching, simulate, names)
    posterior = _posterior(problem, library, observed)
    cube = problem.free.cube(posterior.values[:, : len(problem.free)])
    predicted = simulate.of_posterior(posterior)
    _report(out, problem, matching, library, posterior, cube, predicted, observed)
    write_posterior(out / POSTERIOR, posterior)
    manifest = _manifest(problem, matching, library, time.monotonic() - started)
    named = {"name": case.name, "hash": case.hash()}
    finish(out, "fit", {**manifest, "case": named})
    simulate.remove()
    return Fit.read(out)


def _check_sizes(settings: Settings) -> None:
    """Nothing is begun that could not be ended."""
    for name, found, least in (
        ("vectors", settings.vectors, 1),
        ("waves", settings.waves, 1),
        ("simulations", settings.simulations, 1),
        ("draws", settings.draws, FEWEST_DRAWS),
    ):
        if found < least:
            raise InputError(f"{name}: found {found}; allowed: {least} or more")
        if found > MOST:
            raise InputError(f"{name}: found {found}; allowed: up to {MOST}")


def install(fit: Fit, case: Case) -> list[Path]:
    """Put a posterior, and the residual noise of every base up to it, into the case's folder.

    Returns
    -------
    list of Path
        The files written.
    """
    settings = fit.about["settings"]
    years = sorted(year for base in case.bases if (year := base_year(base)) <= settings["until"])
    record = shipped(case)
    frames = [
        residual_noise(case, record.until(year), year, settings["seed"]).frame for year in years
    ]
    noise, posterior = case.folder / "residual_noise.csv", case.folder / POSTERIOR
    with atomic(noise) as temporary:
        pd.concat(frames).to_csv(temporary, index=False)
    write_posterior(posterior, fit.posterior)
    return [posterior, noise]


class _Simulations:
    """Simulates moments wave by wave, each in its own files."""

    def __init__(self, problem: Problem, folder: Path, chosen: Engine, progress: bool) -> None:
        self._problem = problem
        self._folder = folder
        self._engine = chosen
        self._progress = progress
        self._wave = 0
        self._next = 0

    def __call__(self, vectors: Array, first: int) -> Array:
        self._wave += 1
        # Runs are numbered on, so that no two simulations share their chances.
        start, self._next = self._next, self._next + len(vectors)
        return simulate_moments(
            self._problem.simulator,
            vectors,
            self._folder,
            self._wave,
            start,
            self._engine,
            self._progress,
        )

    def of_posterior(self, posterior: Posterior) -> Array:
        """Moments of all draws, the parameters that were not fitted among them."""
        self._wave += 1
        start, self._next = self._next, self._next + posterior.draws
        whole = replace(self._problem.simulator, names=tuple(posterior.names), others=None)
        found = simulate_moments(
            whole, posterior.values, self._folder, self._wave, start, self._engine, self._progress
        )
        return found[~np.isnan(found).any(axis=1)]

    def remove(self) -> None:
        """Remove the simulations, which a finished fit does not need."""
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()


def _library(
    problem: Problem, matching: Matching, simulate: _Simulations, names: Sequence[str]
) -> Library:
    settings = problem.settings
    cube, _ = matching.sample(settings.simulations, settings.seed + 1)
    if len(cube) < settings.simulations:
        wider = design(settings.simulations, len(problem.free), settings.seed + 1)
        cube = cube if len(cube) >= settings.vectors else wider
    found = simulate(problem.free.values(cube), 0)
    return Library.of(problem.free.names, names, cube, found).prepare()


def _posterior(problem: Problem, library: Library, observed: Array) -> Posterior:
    """Draws with which the world is consistent at every base of the case."""
    settings, free, others = problem.settings, problem.free, problem.others

    def possible(cube: Array) -> Flags:
        return _everywhere(problem.case, free.names, free.values(cube))

    drawn = library.condition(observed, _SPARE * settings.draws, settings.seed, possible)
    names, values = free.names, free.values(drawn.cube)
    if others is not None:
        beside = others.values(design(len(values), len(others), settings.seed + 2))
        names, values = names + others.names, np.hstack([values, beside])
    good = _everywhere(problem.case, names, values)
    kept = values[good][: settings.draws]
    if len(kept) < settings.draws:
        raise InputError(
            f"posterior: {good.mean():.0%} of the draws make a consistent world at every base of "
            f"the case, {len(kept)} of {settings.draws} wanted; give more simulations"
        )
    about = {
        "case": problem.case.name,
        "until": settings.until,
        "base": settings.base,
        "seed": settings.seed,
        "fitted": list(free.names),
        "targets": len(observed),
        "effective": round(drawn.effective, 1),
        "accepted": drawn.accepted,
        "version": __version__,
    }
    return Posterior(names, kept, about)


def _everywhere(case: Case, names: Sequence[str], vectors: Array) -> Flags:
    """Vectors that make a consistent world at every base of a case, (vector,)."""
    found: Flags = np.all(
        [consistent(case.build(base), names, vectors) for base in case.bases], axis=0
    )
    return found


def prior_draws(case: Case, settings: Settings) -> Posterior:
    """Draws of all parameters from their priors that make a consistent world at every base."""
    table = case.table("parameters")
    ranged = [
        row for row in table if row["distribution"] not in ("", "fixed") and row["class"] != "norm"
    ]
    prior = Prior.from_rows(ranged, also=[row["name"] for row in ranged if row["class"] != "B"])
    values = prior.values(design(_SPARE * settings.draws, len(prior), settings.seed + 3))
    good = _everywhere(case, prior.names, values)
    return Posterior(prior.names, values[good][: settings.draws], {"until": None})


# The folder of a fit


def _mark(problem: Problem) -> dict[str, Any]:
    """Tells a fit from another one: data, model, priors, settings."""
    free = problem.free
    return {
        "fit": problem.simulator.fingerprint(),
        "settings": asdict(problem.settings),
        "priors": [
            [name, form, float(low), float(centre), float(high)]
            for name, form, low, centre, high in zip(
                free.names, free.distribution, free.low, free.centre, free.high, strict=True
            )
        ],
        "bases": list(problem.case.bases),
    }


def _report(
    out: Path,
    problem: Problem,
    matching: Matching,
    library: Library,
    posterior: Posterior,
    cube: Array,
    predicted: Array,
    observed: Array,
) -> None:
    """Write the tables of a fit."""
    free, settings = problem.free, problem.settings
    names = [target.name for target in problem.targets]
    moved = contraction(free.names, cube, noise_distance(library, seed=settings.seed))
    values = posterior.values[:, : len(free)]
    levels = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    prior = free.values(np.repeat([[0.05], [0.5], [0.95]], len(free), axis=1))
    emulator = matching.waves[0].emulator
    told = collinearity(
        free.names,
        emulator.slopes(len(free)),
        matching.waves[0].spread,
        least=2.0 / np.sqrt(len(matching.waves[0].cube)),
    )
    parameters = moved.assign(
        low=free.low,
        high=free.high,
        centre=free.centre,
        **{f"prior_{q}": row for q, row in zip(("q05", "q50", "q95"), prior, strict=True)},
        **{
            f"posterior_{q}": row
            for q, row in zip(("q05", "q25", "q50", "q75", "q95"), levels, strict=True)
        },
        importance=told.importance.to_numpy(),
        told_apart=[name in told.subset for name in free.names],
    )
    checks = predictive_check(names, observed, predicted).assign(
        group=[target.group for target in problem.targets],
        statistic=[target.statistic for target in problem.targets],
        meaning=[STATISTICS[target.statistic] for target in problem.targets],
        first=[target.first for target in problem.targets],
        last=[target.last for target in problem.targets],
        error=[target.error for target in problem.targets],
    )
    tables = {
        "parameters": parameters,
        "targets": checks,
        "waves": matching.table(),
        "pairs": correlations(free.names, cube, bound=0.3),
        "recovery": recover_library(library, seed=settings.seed).table(),
        "residual_noise": problem.noise,
    }
    for name, table in tables.items():
        with atomic(out / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.6g")
    summary = {
        "collinearity_index": told.index,
        "largest_subset": list(told.subset),
        "largest_subset_index": told.subset_index,
        "without_effect": list(told.without_effect),
        "unreachable": list(matching.unreachable()),
        "shares_left": list(matching.shares),
        "waves_stopped": matching.stopped,
    }
    with atomic(out / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def _manifest(
    problem: Problem, matching: Matching, library: Library, seconds: float
) -> dict[str, Any]:
    return {
        "settings": asdict(problem.settings),
        "mark": _mark(problem),
        "targets": len(problem.targets),
        "free": list(problem.free.names),
        "varied": [] if problem.others is None else list(problem.others.names),
        "waves": len(matching.waves),
        "library": len(library.cube),
        "accepted": library.accepted,
        "seconds": round(seconds, 1),
        "versions": {
            "multivector": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
    }
