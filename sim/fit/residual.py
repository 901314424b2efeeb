"""Noise for what no mechanism explains: so much that simulated years spread as observed ones do.

Four drivers stand for it: `preference` moves a partner's share, `exposure` a channel's value,
`activity` dollar GDP and `throughput` what a route can pass. Each cell is tied to the observable
that it moves most directly. Two figures are needed for each.

**Spread.** Of an observable, s^2 is the mean square of its yearly log changes around the mean
change of its family (a change over g years counts as one g times as wide). It is shrunk to the
family's: s^2 = (n s_i^2 + m s_f^2) / (n + m), with n the changes of the observable, m = 4 and
s_f^2 the median over the family, so that small flows, whose logarithms leap, do not set it. This is
what a forecast of the first year has to spread by, if it starts from the year before. The error
of observation stays in it: a dozen yearly figures cannot tell error from change.

**Persistence.** One value a family: the quarterly autoregression, within bounds, whose yearly means
spread over 1 to 4 years in the ratios in which observed changes over 1 to 4 years do. Those of
yearly means of a random walk grow as 1, 2.5, 4, 5.5.

**Noise.** What a cell adds to the spread depends on all mechanisms, so it is found by simulation:
the noise of each cell is multiplied until the variance of the first year's log change, less what
there is of it without these drivers, is that wanted. At least half of the variance is put down to
them, whatever there is without: what other drivers and rare measures bring about by chance is no
stand-in for ordinary changes, least of all where those drivers are given. No noise is larger than a
quarter of its driver's range, which it would soon leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.world import Array, World
from sim.experiment.observables import Observable, base_values, yearly

PRIOR_CHANGES = 4  # worth of the family's spread, in yearly changes
PRIOR_SPREAD = 0.15  # log points a year, where nothing is known of a family (a judgement)
HORIZONS = (1, 2, 3, 4)  # years
PERSISTENCE = (0.8, 0.995)  # quarterly
CHUNK = 500  # runs simulated together
COLUMNS = (
    "driver",
    "country",
    "power",
    "channel",
    "route",
    "year",
    "persistence",
    "noise",
    "source",
    "derivation",
)
LEAST_UNEXPLAINED = 0.5  # part of the variance that is put down to these drivers at least
_LARGEST_STEP = 4.0  # by which a noise is multiplied or divided at once
_LARGEST_NOISE = 0.25  # of the driver's range

Maker = Callable[[range], tuple[World, Plan]]


@dataclass(frozen=True)
class Cell:
    """One cell of a driver; codes are blank for axes that the driver does not have."""

    driver: str
    country: str = ""
    power: str = ""
    channel: str = ""
    route: str = ""


def linked_cells(wanted: Sequence[Observable], world: World) -> dict[str, tuple[Cell, ...]]:
    """Cells that an observable's spread is put down to.

    Parameters
    ----------
    wanted : sequence of Observable
    world : World
        Tells the channels of labour.

    Returns
    -------
    dict of str to tuple of Cell
        By the names of those observables that have any. A cell belongs to the first that names it.
    """
    labour = [
        name
        for name, is_labour in zip(world.names.channels, world.attributes.roles.labour, strict=True)
        if is_labour
    ]
    taken: set[Cell] = set()
    found = {}
    for one in wanted:
        named = [cell for column in one.columns for cell in _cells(column, labour)]
        cells = tuple(dict.fromkeys(cell for cell in named if cell not in taken))
        if cells and one.over == "mean":
            taken.update(cells)
            found[one.name] = cells
    return found


def _cells(column: str, labour: Sequence[str]) -> Iterator[Cell]:
    outcome, *codes = column.split(".")
    match outcome, codes:
        case "share", [country, power, channel]:
            yield Cell("preference", country, power, channel)
        case "exposure", [country, channel]:
            yield Cell("exposure", country, channel=channel)
        case "remittance_share", [country]:
            yield from (Cell("exposure", country, channel=channel) for channel in labour)
        case "gdp_usd", [country]:
            yield Cell("activity", country)
        case "route_volume", [route]:
            yield Cell("throughput", route=route)


# What was observed


def observed_spread(values: pd.DataFrame, wanted: Sequence[Observable], until: int) -> pd.DataFrame:
    """Spread and persistence of the yearly changes of observables.

    Parameters
    ----------
    values : DataFrame
        Columns measure, country, power, year and value. Values of 0 or less have no logarithm and
        are left out.
    wanted : sequence of Observable
        Those asked about.
    until : int
        Last year that counts.

    Returns
    -------
    DataFrame
        Index observable; columns family, changes (their number n), own (s_i, NaN without changes),
        spread (s, shrunk; log points; `PRIOR_SPREAD` where nothing is known of the family) and
        persistence (quarterly).
    """
    past = values[(values["year"] <= until) & (values["value"] > 0)]
    logs = {
        one.name: _logs(
            past[
                (past["measure"] == one.measure)
                & (past["country"] == one.country)
                & (past["power"] == one.power)
            ]
        )
        for one in wanted
    }
    frames = []
    for family in dict.fromkeys(one.family for one in wanted):
        members = [one.name for one in wanted if one.family == family]
        steps = {name: _steps(logs[name]) for name in members}
        whole = sum(float(change.sum()) for change, _ in steps.values())
        years = sum(float(gap.sum()) for _, gap in steps.values())
        drift = whole / years if years else 0.0
        own = {
            name: float(((change - gap * drift) ** 2 / gap).mean())
            for name, (change, gap) in steps.items()
            if change.size
        }
        pooled = float(np.median(list(own.values()))) if own else PRIOR_SPREAD**2
        variance = {}
        for name in members:
            number = steps[name][0].size
            total = number * own.get(name, 0.0) + PRIOR_CHANGES * pooled
            variance[name] = total / (number + PRIOR_CHANGES)
        growth, weights = _growth([logs[name] for name in members if own.get(name)], drift)
        frames.append(
            pd.DataFrame(
                {
                    "family": family,
                    "changes": [steps[name][0].size for name in members],
                    "own": [np.sqrt(own.get(name, np.nan)) for name in members],
                    "spread": [np.sqrt(variance[name]) for name in members],
                    "persistence": persistence(growth, weights),
                },
                index=pd.Index(members, name="observable"),
            )
        )
    return pd.concat(frames) if frames else pd.DataFrame()


def _logs(rows: pd.DataFrame) -> pd.Series[float]:
    """Logarithms by year."""
    return pd.Series(
        np.log(rows["value"].to_numpy(dtype=float)), index=rows["year"].to_numpy(dtype=int)
    ).sort_index()


def _steps(logs: pd.Series[float]) -> tuple[Array, Array]:
    """Changes from one value to the next, and the years between them."""
    return np.diff(logs.to_numpy()), np.diff(logs.index.to_numpy()).astype(float)


def _changes(logs: pd.Series[float], horizon: int) -> Array:
    """Changes over a number of years."""
    earlier = logs.set_axis(logs.index + horizon)
    both = logs.index.intersection(earlier.index)
    changes: Array = np.asarray(logs.loc[both] - earlier.loc[both])
    return changes


def _growth(logs: Sequence[pd.Series[float]], drift: float) -> tuple[Array, Array]:
    """Variance of changes over `HORIZONS`, each observable in units of its own, and their weights.

    Changes that overlap tell less: over h years, as much as one in h of them.
    """
    units = [float(((_changes(one, 1) - drift) ** 2).sum()) for one in logs]
    found, number = [], []
    for horizon in HORIZONS:
        squares = [np.zeros(0)]
        for one, unit in zip(logs, units, strict=True):
            if unit > 0:
                change, size = _changes(one, horizon), _changes(one, 1).size
                squares.append((change - horizon * drift) ** 2 / (unit / size))
        together = np.concatenate(squares)
        found.append(together.mean() if together.size else np.nan)
        number.append(together.size / horizon)
    return np.array(found), np.array(number)


def model_growth(quarterly: float) -> Array:
    """Variance of the yearly means of an autoregression that starts from its mean.

    Parameters
    ----------
    quarterly : float
        Persistence of a quarter; the noise is 1.

    Returns
    -------
    array (horizon,)
        For `HORIZONS`.
    """
    length = 4 * max(HORIZONS)
    response = quarterly ** np.arange(length)  # to a shock, by quarters since
    lag = np.subtract.outer(np.arange(length), np.arange(length))
    path = np.where(lag >= 0, response[np.maximum(lag, 0)], 0.0)
    means = path.reshape(max(HORIZONS), 4, length).mean(axis=1)
    variance: Array = (means**2).sum(axis=1)
    return variance[np.array(HORIZONS) - 1]


def persistence(growth: Array, weights: Array) -> float:
    """Quarterly persistence whose yearly means spread over the years as what was observed did.

    Parameters
    ----------
    growth : array (horizon,)
        Variance of changes over `HORIZONS`, in any unit; those that are not positive do not count.
    weights : array (horizon,)

    Returns
    -------
    float
        Within `PERSISTENCE`; the upper bound if there is nothing to compare.
    """
    known = (growth > 0) & (weights > 0)
    if known.sum() < 2 or not known[0]:
        return PERSISTENCE[1]
    observed = np.log(growth[known] / growth[0])

    def miss(quarterly: float) -> float:
        modelled = model_growth(quarterly)
        ratio = np.log(modelled[known] / modelled[0])
        return float((weights[known] * (ratio - observed) ** 2).sum())

    return float(minimize_scalar(miss, bounds=PERSISTENCE, method="bounded").x)


# What is simulated


def matched_noise(
    make: Maker,
    wanted: Sequence[Observable],
    spread: pd.DataFrame,
    *,
    runs: int = 1000,
    seed: int = 0,
    iterations: int = 6,
) -> pd.DataFrame:
    """Noise with which the simulated first year spreads as observed changes do.

    Parameters
    ----------
    make : callable
        From numbers of runs to their world and plan, which ends with a full year or later. The
        plan's own noise stays, but for the cells matched.
    wanted : sequence of Observable
    spread : DataFrame
        As `observed_spread` gives it.
    runs, seed : int
        Simulated each time, with the same draws.
    iterations : int
        Corrections of the noise.

    Returns
    -------
    DataFrame
        Index observable; the columns of `spread`, then without (spread of the first year without
        these drivers), noise (sigma a quarter, of each of the observable's cells), simulated
        (spread of the first year with it) and cells (those of `linked_cells`).
        Observables that the model has at 0 in the base year are left out.

    Raises
    ------
    InputError
        If the plan holds no full year.
    """
    world, plan = make(range(2))
    links = linked_cells(wanted, world)
    smallest = base_values(world, plan, wanted).min(axis=1)
    asked = [
        one
        for one, base in zip(wanted, smallest, strict=True)
        if base > 0 and one.name in links and one.name in spread.index
    ]
    names = [one.name for one in asked]
    found = spread.loc[names]
    target = found["spread"].to_numpy() ** 2
    memory = found["persistence"].to_numpy()

    def variance(noise: Array) -> Array:
        given = [
            (cell, rho, sigma)
            for name, rho, sigma in zip(names, memory, noise, strict=True)
            for cell in links[name]
        ]
        return _simulated_variance(make, asked, given, runs, seed)

    without = variance(np.zeros(len(asked)))
    needed = np.maximum(target - without, LEAST_UNEXPLAINED * target)
    unit = [model_growth(one)[0] for one in memory]
    ranges = [DRIVERS[links[name][0].driver] for name in names]
    largest = np.array([_LARGEST_NOISE * (one.high - one.low) for one in ranges])
    noise = np.minimum(np.sqrt(needed / np.array(unit)), largest)
    now = variance(noise)
    for _ in range(iterations):
        added = np.maximum(now - without, needed / _LARGEST_STEP**2)
        ratio = np.divide(needed, added, out=np.zeros_like(needed), where=needed > 0)
        step = np.sqrt(np.maximum(ratio, (needed > 0) / _LARGEST_STEP**2))
        noise = np.minimum(noise * step, largest)
        now = variance(noise)
    return found.assign(
        without=np.sqrt(without),
        noise=noise,
        simulated=np.sqrt(now),
        cells=pd.Series([links[name] for name in names], index=names, dtype=object),
    )


def _simulated_variance(
    make: Maker,
    wanted: Sequence[Observable],
    given: Sequence[tuple[Cell, float, float]],
    runs: int,
    seed: int,
) -> Array:
    """Variance over runs of the log of the first full year over the base year, (observable,).

    Runs in which a year is 0 do not count; if fewer than two are left, the variance is 0.
    """
    chunks = []
    for start in range(0, runs, CHUNK):
        numbers = range(start, min(start + CHUNK, runs))
        world, plan = make(numbers)
        plan = _first_year(_with_noise(world, plan, given))
        _, years = yearly(world, plan, wanted, seed, start, len(numbers))
        ratio = years[:, 0] / base_values(world, plan, wanted)
        chunks.append(np.log(np.where(ratio > 0, ratio, np.nan)))
    changes = np.concatenate(chunks, axis=1)
    found = np.zeros(len(changes))
    enough = np.isfinite(changes).sum(axis=1) > 1
    found[enough] = np.nanvar(changes[enough], axis=1, ddof=1)
    return found


def _first_year(plan: Plan) -> Plan:
    """The plan up to the end of its first full year."""
    end = 4 * (-(-plan.start // 4) + 1)
    if plan.start + plan.quarters < end:
        raise InputError(
            f"found {plan.quarters} quarters; noise is matched over a full calendar year, of "
            f"which the plan holds none"
        )
    return replace(plan, quarters=end - plan.start)


def _with_noise(world: World, plan: Plan, given: Sequence[tuple[Cell, float, float]]) -> Plan:
    """The plan with other noise in some cells; each with its persistence and sigma."""
    codes = world.names.by_axis
    memory, spread = dict(plan.persistence), dict(plan.noise)
    for driver in {cell.driver for cell, _, _ in given}:
        none = np.zeros((*world.drivers[driver].shape[:-1], 1))
        memory[driver] = memory.get(driver, none).copy()
        spread[driver] = spread.get(driver, none).copy()
    for cell, rho, sigma in given:
        place = tuple(
            codes[axis].index(code)
            for axis, code in asdict(cell).items()
            if axis != "driver" and code
        )
        memory[cell.driver][place] = rho
        spread[cell.driver][place] = sigma
    return replace(plan, persistence=memory, noise=spread)


def noise_rows(matched: pd.DataFrame, values: pd.DataFrame, year: int) -> pd.DataFrame:
    """Rows of the case's table `residual_noise`.

    Parameters
    ----------
    matched : DataFrame
        As `matched_noise` gives it.
    values : DataFrame
        What was observed, with columns measure, country, power, year and source; the sources of a
        family are those of all its values.
    year : int
        The vintage: last year of what was observed.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, ready to be written; the source is blank where nothing was observed.
    """
    known = values[values["year"] <= year]
    sources: dict[str, str] = {}
    for family, members in matched.groupby("family").groups.items():
        measures = {str(name).split(".")[0] for name in members}
        cited = known.loc[known["measure"].isin(measures), "source"]
        each = (one for several in cited for one in str(several).split(";") if one)
        sources[str(family)] = ";".join(dict.fromkeys(each))
    rows = []
    for name, one in matched.iterrows():
        told = (
            f"Yearly log changes of {name} to {year} (n {one['changes']}) and of its family have a "
            f"spread of {one['spread']:.3g}; of which {one['without']:.3g} without this driver"
        )
        rows += [
            {
                **asdict(cell),
                "year": year,
                "persistence": float(f"{one['persistence']:.4g}"),
                "noise": float(f"{one['noise']:.4g}"),
                "source": sources[one["family"]],
                "derivation": told,
            }
            for cell in one["cells"]
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
