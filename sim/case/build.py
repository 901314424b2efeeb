"""From the tables of a case to the arrays of a world at a base quarter.

Which row gives a cell: of the rows that fit it (a blank index fits all), those of the base year or
before, or without a year; of these the one with most indices filled, then the latest year (no year
is the earliest), then the lowest in the file. The base year is the last year complete at the end of
the base quarter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sim.case.schema import ATTRIBUTES, ROLES, SEASONS
from sim.case.tables import AXES, Row, Table, choice, shown
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.world import (
    Array,
    Attributes,
    Flags,
    Layout,
    Names,
    Parameters,
    Roles,
    Routes,
    Sectors,
    Texts,
    World,
)

BILLION = 1e9
Indices = NDArray[np.intp]


def base_year(quarter: int) -> int:
    """Last year complete at the end of a quarter: for a fourth quarter its own."""
    return (quarter + 1) // 4 - 1


def applicable(rows: Iterable[Row], year: int) -> list[Row]:
    """Rows of one attribute or driver that count for a base year, the one that wins last."""
    return sorted(
        (row for row in rows if row.year is None or row.year <= year),
        key=lambda row: (
            sum(bool(row.cells.get(axis)) for axis in AXES),
            -1 if row.year is None else row.year,
            row.line,
        ),
    )


def all_names(tables: Mapping[str, Table]) -> Names:
    """Codes of all that the tables hold, simulated or not, in the order of the files."""
    return Names(
        countries=tables["countries"].codes,
        powers=tables["powers"].codes,
        channels=tables["channels"].codes,
        routes=tables["routes"].codes,
        sectors=tables["sectors"].codes,
        texts=tables["texts"].codes,
    )


def build(
    tables: Mapping[str, Table],
    base: int,
    countries: Sequence[str] | None = None,
    powers: Sequence[str] | None = None,
) -> World:
    """Build the arrays of a base quarter.

    Parameters
    ----------
    tables : mapping of str to Table
        All tables of the case.
    base : int
        Base quarter.
    countries, powers : sequence of str, optional
        Those simulated, in any order; default: the core countries, and all powers. What a power
        left out supplies falls to the residual supplier; routes that a power left out controls, or
        that lie in a country left out, are left out too.

    Returns
    -------
    World
        Every array with a trailing runs axis of length 1; actors in the order of the tables.
        Bargaining weights, and each power's strategic values, sum to 1 over the simulated core
        countries; other countries are on the same scale.

    Raises
    ------
    InputError
        If a cell has no row, if shares sum to more than 1, or if an actor is unknown.
    """
    whole = all_names(tables)
    core = [row["country"] for row in tables["countries"] if row.number("core")]
    chosen_countries = _choose("countries", countries, core, whole.countries)
    chosen_powers = _choose("powers", powers, whole.powers, whole.powers)
    names = Names(
        countries=tuple(whole.countries[i] for i in chosen_countries),
        powers=tuple(whole.powers[i] for i in chosen_powers),
        channels=whole.channels,
        routes=tuple(
            row["route"]
            for row, _ in _base_routes(tables["routes"], base_year(base))
            if whole.countries.index(row["country"]) in chosen_countries
            and whole.powers.index(row["power"]) in chosen_powers
        ),
        sectors=whole.sectors,
        texts=whole.texts,
    )
    is_core = np.array([country in core for country in names.countries])
    if not is_core.any():
        raise InputError(
            f"countries: found {', '.join(names.countries) or 'none'}; "
            f"at least one core country is needed: {', '.join(core)}"
        )

    # Powers that are left out still count in a country's totals: all powers until the very end.
    grid = _Grid.over(Names(**{**names.__dict__, "powers": whole.powers, "routes": whole.routes}))
    cells = {
        name: grid.fill(tables["attributes"], name, attribute.axes, base)
        for name, attribute in ATTRIBUTES.items()
    }
    residual = cells.pop("residual")
    for name, array in cells.items():
        grid.complete(tables["attributes"], name, ATTRIBUTES[name].axes, array, base)
    routes, carried = _routes(tables["routes"], grid, names, cells, residual, base)
    cells["share"] = cells["share"] + carried
    _check_shares(tables["attributes"], grid, cells["share"], base)

    for name, array in cells.items():
        axes = ATTRIBUTES[name].axes
        if "power" in axes:
            array = array.take(chosen_powers, axis=axes.index("power"))
        cells[name] = array[..., np.newaxis]
    weight = cells["weight"]
    if not weight[is_core].sum() > 0:
        raise InputError(f"{shown(tables['attributes'].path)}: weight is 0 for every core country")
    cells["weight"] = weight / weight[is_core].sum()
    value = cells["value"]
    total = value[:, is_core].sum(axis=1, keepdims=True)
    cells["value"] = value / np.where(total > 0, total, 1.0)

    attributes = Attributes(
        **cells,
        core=is_core,
        sanctioned=_flags(tables["powers"], "sanctioned")[chosen_powers],
        enforcer=_flags(tables["powers"], "enforcer")[chosen_powers],
        regional=np.array([row["kind"] == "regional" for row in tables["powers"]])[chosen_powers],
        roles=Roles(
            **{
                role: np.array([row["role"] == role for row in tables["channels"]])
                for role in ROLES
            }
        ),
        routes=routes,
        sectors=_sectors(tables["sectors"], whole),
        texts=_texts(tables, whole, chosen_powers),
    )
    layout = Layout(len(whole.countries), len(whole.powers), chosen_countries, chosen_powers)
    drivers = _drivers(tables["drivers"], names, routes, base)
    return World(names, layout, attributes, _parameters(tables["parameters"]), base, drivers)


def noise(tables: Mapping[str, Table], world: World) -> tuple[dict[str, Array], dict[str, Array]]:
    """Persistence and noise of the drivers that have noise.

    Parameters
    ----------
    tables : mapping of str to Table
        All tables of the case.
    world : World
        Gives the actors and the base quarter.

    Returns
    -------
    persistence, noise : dict of str to array (*axes of the driver, run)
        rho_u and sigma_u a quarter. A driver is in both or in neither; where its rows leave the
        cell blank, it is 0.
    """
    persistence: dict[str, Array] = {}
    sigma: dict[str, Array] = {}
    grid = _Grid.over(world.names)
    for name, driver in DRIVERS.items():
        spread, memory = (
            np.nan_to_num(grid.fill(tables["drivers"], name, driver.axes, world.base, column))
            for column in ("noise", "persistence")
        )
        if (spread > 0).any():
            persistence[name] = memory[..., np.newaxis]
            sigma[name] = spread[..., np.newaxis]
    return persistence, sigma


@dataclass(frozen=True)
class _Grid:
    """The codes along each axis."""

    codes: Mapping[str, tuple[str, ...]]

    @classmethod
    def over(cls, names: Names) -> _Grid:
        return cls(
            {
                "country": names.countries,
                "power": names.powers,
                "other": names.powers,
                "channel": names.channels,
                "route": names.routes,
                "season": SEASONS,
            }
        )

    def fill(
        self, table: Table, name: str, axes: tuple[str, ...], base: int, column: str = "value"
    ) -> Array:
        """One attribute or driver as an array (*axes), NaN where no row gives a number."""
        array = np.full([len(self.codes[axis]) for axis in axes], math.nan)
        first = table.columns[0]
        rows = (row for row in table if row[first] == name)
        for row in applicable(rows, base_year(base)):
            number = row.number(column)
            if math.isnan(number) or any(
                row[axis] and row[axis] not in self.codes[axis] for axis in axes
            ):
                continue
            index = tuple(
                self.codes[axis].index(row[axis]) if row[axis] else slice(None) for axis in axes
            )
            array[index] = number
            if axes == ("power", "other"):  # a pair of powers, in whichever order it is written
                array[index[::-1]] = number
        return array

    def complete(
        self, table: Table, name: str, axes: tuple[str, ...], array: Array, base: int
    ) -> None:
        """Refuse an array in which a cell is missing."""
        missing = np.argwhere(np.isnan(array))
        if not len(missing):
            return
        cell = ", ".join(self.codes[axis][i] for axis, i in zip(axes, missing[0], strict=True))
        more = f"; {len(missing) - 1} more cells of it are missing" if len(missing) > 1 else ""
        raise InputError(
            f"{shown(table.path)}: no row gives {name}{cell and f' for {cell}'} at "
            f"{quarters.name(base)}; needed: a row of {base_year(base)} or before, or without a "
            f"year{more}"
        )


def _choose(
    what: str, wanted: Sequence[str] | None, default: Sequence[str], whole: tuple[str, ...]
) -> Indices:
    """Rows of the whole table that are simulated, in its order."""
    wanted = default if wanted is None else wanted
    for position, code in enumerate(wanted):
        if code not in whole:
            raise InputError(f"{what}: {choice(code, whole)}")
        if code in wanted[:position]:
            raise InputError(f"{what}: {code} is named twice")
    return np.array([i for i, code in enumerate(whole) if code in wanted], dtype=np.intp)


def _base_routes(routes: Table, year: int) -> list[tuple[Row, bool]]:
    """Each route's row for a base year, and whether the route existed by then.

    A route whose first row is later than the base year was not there yet: that row tells all but
    its volume and capacity, which are 0.
    """
    chosen: list[tuple[Row, bool]] = []
    for code in routes.codes:
        rows = [row for row in routes if row["route"] == code]
        past = applicable(rows, year)
        first = min(rows, key=lambda row: row.number("year"))
        chosen.append((past[-1], True) if past else (first, False))
    return chosen


def _routes(
    table: Table, grid: _Grid, names: Names, cells: dict[str, Array], residual: Array, base: int
) -> tuple[Routes, Array]:
    """Routes as arrays, and the base shares (country, power, channel) that they carry.

    The whole value of a country's channel is what its routes carry, over the part of the channel
    that is left by other suppliers and the residual; where no route carries anything yet, it is
    the exposure times GDP.
    """
    codes = grid.codes
    rows = [
        (row, existed)
        for row, existed in _base_routes(table, base_year(base))
        if row["country"] in codes["country"]
    ]
    place = [
        (
            codes["country"].index(row["country"]),
            codes["power"].index(row["power"]),
            codes["channel"].index(row["channel"]),
        )
        for row, _ in rows
    ]
    flow = np.zeros(cells["share"].shape)  # USD a year
    for (row, existed), where in zip(rows, place, strict=True):
        flow[where] += existed * row.number("volume") * row.number("unit_value_usd")
    carried = flow.sum(axis=1)
    others = cells["share"].sum(axis=1)
    total = cells["exposure"] * cells["gdp"][:, np.newaxis] * BILLION
    for c, k in np.argwhere(carried > 0):
        place_name = f"{codes['country'][c]}, {codes['channel'][k]} at {quarters.name(base)}"
        if math.isnan(residual[c, k]):
            raise InputError(
                f"{shown(table.path)}: routes carry part of {place_name}, and no row of the "
                "attributes gives the residual of that channel"
            )
        rest = 1.0 - others[c, k] - residual[c, k]
        if not rest > 0:
            raise InputError(
                f"{shown(table.path)}: routes carry part of {place_name}, but the shares of other "
                f"suppliers and the residual sum to {1.0 - rest:.4g}; allowed: less than 1"
            )
        total[c, k] = carried[c, k] / rest
    share = np.divide(flow, total[:, np.newaxis], out=np.zeros_like(flow), where=flow > 0)

    simulated = [g for g, (row, _) in enumerate(rows) if row["route"] in names.routes]
    location = np.zeros(
        (len(simulated), len(names.countries), len(names.powers), len(names.channels)), dtype=bool
    )
    serves = np.zeros(location.shape[:3], dtype=bool)
    weights = np.zeros(len(names.countries))
    values = np.zeros((5, len(simulated)))
    for g, i in enumerate(simulated):
        (row, existed), (c, _, k) = rows[i], place[i]
        location[g, c, names.powers.index(row["power"]), k] = True
        if row["serves"] in names.powers:
            serves[g, c, names.powers.index(row["serves"])] = True
        if not total[c, k] > 0:
            raise InputError(
                f"{table.where(row)}: route {row['route']} lies in a channel without value: "
                f"the exposure of {row['country']}, {row['channel']} is 0"
            )
        volume_per_share = total[c, k] / row.number("unit_value_usd")
        capacity = existed * row.number("capacity") / volume_per_share
        weights[c] += row.number("build_weight")
        values[:, g] = (
            capacity,
            _yield(table, row),
            row.number("build_weight"),
            row.number("days"),
            volume_per_share,
        )
    capacity_share, yield_, build_weight, days, volume = values[:, :, np.newaxis]
    of_country = (location.any(axis=(2, 3)) * weights).sum(axis=1)[:, np.newaxis]
    routes = Routes(
        location=location,
        serves=serves,
        capacity=capacity_share,
        yield_=yield_,
        build_weight=build_weight / np.where(of_country > 0, of_country, 1.0),
        days=days,
        volume_per_share=volume,
    )
    return routes, share


def _yield(table: Table, row: Row) -> float:
    """Part of a route's capacity that is used; for a planned route, that will be."""
    if row.number("capacity") > 0:
        return row.number("volume") / row.number("capacity")
    if math.isnan(row.number("utilisation")):
        raise InputError(
            f"{table.where(row)}: column 'utilisation': found nothing for route {row['route']}, "
            "which has no capacity yet; needed: the part of its capacity that will be used, 0 to 1"
        )
    return row.number("utilisation")


def _check_shares(table: Table, grid: _Grid, share: Array, base: int) -> None:
    total = share.sum(axis=1)
    for c, k in np.argwhere(total > 1.0 + 1e-9):
        raise InputError(
            f"{shown(table.path)}: shares of {grid.codes['country'][c]}, "
            f"{grid.codes['channel'][k]} at {quarters.name(base)} sum to {total[c, k]:.4g} over "
            "the powers; allowed: at most 1"
        )


def _drivers(table: Table, names: Names, routes: Routes, base: int) -> dict[str, Array]:
    """Reference values; a route's transit time is its own."""
    grid = _Grid.over(names)
    drivers: dict[str, Array] = {"transit_days": routes.days}
    for name, driver in DRIVERS.items():
        if name not in drivers:
            array = grid.fill(table, name, driver.axes, base)
            grid.complete(table, name, driver.axes, array, base)
            drivers[name] = array[..., np.newaxis]
    return drivers


def _parameters(table: Table) -> Parameters:
    found = {row["name"]: row.number("value") for row in table}
    known = [field.name for field in fields(Parameters)]
    missing = [name for name in known if name not in found]
    if missing:
        raise InputError(f"{shown(table.path)}: no row gives parameter {', '.join(missing)}")
    return Parameters(**{name: np.array([found[name]]) for name in known})


def _sectors(table: Table, whole: Names) -> Sectors:
    background = _column(table, "background_share")
    if not background.sum() > 0:
        raise InputError(f"{shown(table.path)}: column 'background_share' is 0 in every row")
    return Sectors(
        background=background / background.sum(),
        rate=_column(table, "rate_multiplier"),
        channel=np.array([[row["channel"] == k for k in whole.channels] for row in table]),
    )


def _texts(tables: Mapping[str, Table], whole: Names, powers: Indices) -> Texts:
    """Texts; a stake that no row of texts_stakes gives is 0."""
    stake = np.zeros((len(whole.texts), len(whole.powers), 1))
    for row in sorted(tables["texts_stakes"], key=lambda row: bool(row["power"])):
        power = whole.powers.index(row["power"]) if row["power"] else slice(None)
        stake[whole.texts.index(row["text"]), power] = row.number("stake")
    return Texts(
        threshold=_column(tables["texts"], "threshold"),
        stake=stake[:, powers],
        sign=_column(tables["texts"], "sign"),
    )


def _column(table: Table, column: str) -> Array:
    """A column of numbers as an array (row, run)."""
    return np.array([row.number(column) for row in table]).reshape(-1, 1)


def _flags(table: Table, column: str) -> Flags:
    return np.array([row.number(column) == 1 for row in table])
