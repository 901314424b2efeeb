"""From the tables of a case to the arrays of a world at a base quarter.

Which row gives a cell: of the rows that fit it (a blank index fits all), those of the base year or
before, or without a year; of these the one with most indices filled, then the latest year (no year
is the earliest), then the lowest in the file. The base year is the last year complete at the end of
the base quarter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

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
LEAST_RESIDUAL = 0.01  # a channel without any residual supplier would be lost whole when cut
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


def winners(
    table: Table,
    name: str,
    axes: Sequence[str],
    codes: Mapping[str, Sequence[str]],
    base: int,
    column: str = "value",
) -> Indices:
    """Which row of a table gives each cell of an attribute or driver.

    Parameters
    ----------
    table : Table
        Its first column names the attribute or driver.
    name : str
    axes : sequence of str
        Of the attribute or driver.
    codes : mapping of str to sequence of str
        Codes along each axis; a row about another code gives no cell.
    base : int
        Base quarter.
    column : str
        The number asked for; a row that leaves it blank gives no cell.

    Returns
    -------
    array of int (*axes)
        Positions in ``table.rows``; -1 where no row gives a number.
    """
    found = np.full([len(codes[axis]) for axis in axes], -1, dtype=np.intp)
    position = {row.line: place for place, row in table.by_name.get(name, ())}
    rows = (row for _, row in table.by_name.get(name, ()))
    for row in applicable(rows, base_year(base)):
        cell = {axis: row.cells.get(axis, "") for axis in axes}
        if math.isnan(row.number(column)) or any(
            code and code not in codes[axis] for axis, code in cell.items()
        ):
            continue
        index = tuple(
            codes[axis].index(code) if code else slice(None) for axis, code in cell.items()
        )
        found[index] = position[row.line]
        if tuple(axes) == ("power", "other"):  # a pair, in whichever order it is written
            found[index[::-1]] = position[row.line]
    return found


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
    if not core:
        raise InputError(
            f"{shown(tables['countries'].path)}: column 'core' is 0 in every row; allowed: 1 in "
            "one row at least"
        )
    chosen_countries = _choose("countries", countries, core, whole.countries)
    chosen_powers = _choose("powers", powers, whole.powers, whole.powers)
    if not len(chosen_powers):
        raise InputError(f"powers: found none; at least one is needed: {', '.join(whole.powers)}")
    # Powers that are left out still count in a country's totals: they stay until the very end.
    everyone = replace(whole, countries=tuple(whole.countries[i] for i in chosen_countries))
    grid = _Grid.over(everyone)
    all_places = _places(tables["routes"], grid, base)
    places = [place for place in all_places if place.power in chosen_powers]
    names = replace(
        everyone,
        powers=tuple(whole.powers[i] for i in chosen_powers),
        routes=tuple(place.row["route"] for place in places),
    )
    is_core = np.array([country in core for country in names.countries])
    if not is_core.any():
        raise InputError(
            f"countries: found {', '.join(names.countries) or 'none'}; "
            f"at least one core country is needed: {', '.join(core)}"
        )

    cells = {
        name: grid.fill(tables["attributes"], name, attribute.axes, base)
        for name, attribute in ATTRIBUTES.items()
    }
    residual = cells.pop("residual")
    for name, array in cells.items():
        grid.complete(tables["attributes"], name, ATTRIBUTES[name].axes, array, base)
    carried, total = _carried(all_places, tables, grid, cells, residual, base)
    routes = _routes(places, tables["routes"], names, total)
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
    of_core = value[:, is_core].sum(axis=1, keepdims=True)
    cells["value"] = value / np.where(of_core > 0, of_core, 1.0)

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
    layout = Layout(
        all_countries=len(whole.countries),
        all_powers=len(whole.powers),
        all_routes=len(whole.routes),
        countries=chosen_countries,
        powers=chosen_powers,
        routes=np.array([whole.routes.index(code) for code in names.routes], dtype=np.intp),
    )
    drivers = _drivers(tables["drivers"], names, routes, base)
    return World(names, layout, attributes, _parameters(tables["parameters"]), base, drivers)


def noise(tables: Mapping[str, Table], world: World) -> tuple[dict[str, Array], dict[str, Array]]:
    """Persistence and noise of the drivers that have noise.

    The table `residual_noise`, where the case has one, replaces what `drivers` gives for the cells
    that its rows name. Both choose rows in the same way.

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

    def cells(name: str, column: str) -> Array:
        axes, residual = DRIVERS[name].axes, tables.get("residual_noise")
        array = grid.fill(tables["drivers"], name, axes, world.base, column)
        if residual is not None:
            above = grid.fill(residual, name, axes, world.base, column)
            array = np.where(np.isnan(above), array, above)
        return np.nan_to_num(array)

    for name in DRIVERS:
        spread, memory = cells(name, "noise"), cells(name, "persistence")
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
        return cls(names.by_axis | {"season": SEASONS})

    def fill(
        self, table: Table, name: str, axes: tuple[str, ...], base: int, column: str = "value"
    ) -> Array:
        """One attribute or driver as an array (*axes), NaN where no row gives a number."""
        array = np.full([len(self.codes[axis]) for axis in axes], math.nan)
        rows = winners(table, name, axes, self.codes, base, column)
        for cell in np.argwhere(rows >= 0):
            index = tuple(cell)
            array[index] = table.rows[rows[index]].number(column)
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


def base_routes(routes: Table, year: int) -> list[tuple[Row, bool]]:
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


@dataclass(frozen=True)
class _Place:
    """A route of a simulated country at the base: its row, and where it stands in the arrays."""

    row: Row
    existed: bool
    country: int
    power: int
    channel: int


def _places(table: Table, grid: _Grid, base: int) -> list[_Place]:
    codes = grid.codes
    return [
        _Place(
            row,
            existed,
            codes["country"].index(row["country"]),
            codes["power"].index(row["power"]),
            codes["channel"].index(row["channel"]),
        )
        for row, existed in base_routes(table, base_year(base))
        if row["country"] in codes["country"]
    ]


def _carried(
    places: Sequence[_Place],
    tables: Mapping[str, Table],
    grid: _Grid,
    cells: Mapping[str, Array],
    residual: Array,
    base: int,
) -> tuple[Array, Array]:
    """Base shares that routes carry, and the whole value of each country's channels.

    The whole value is what the routes carry, over the part of the channel that other suppliers and
    the residual leave to them; where no route carries anything yet, it is the exposure times GDP.

    Returns
    -------
    share : array (country, power, channel)
    total : array (country, channel) [USD a year]
    """
    flow = np.zeros(cells["share"].shape)  # USD a year
    for place in places:
        value = place.row.number("volume") * place.row.number("unit_value_usd")
        flow[place.country, place.power, place.channel] += value if place.existed else 0.0
    carried = flow.sum(axis=1)
    others = cells["share"].sum(axis=1) + residual
    total = cells["exposure"] * cells["gdp"][:, np.newaxis] * BILLION
    for c, k in np.argwhere(carried > 0):
        if math.isnan(residual[c, k]):
            raise InputError(
                f"{shown(tables['attributes'].path)}: routes carry part of "
                f"{grid.codes['country'][c]}, {grid.codes['channel'][k]} at "
                f"{quarters.name(base)}, and no row gives the residual of that channel"
            )
        if not others[c, k] < 1.0:
            table = tables["attributes"]
            rows = [
                row
                for name in ("share", "residual")
                for row in _rows(table, name, grid.codes, (c, k), base)
            ]
            raise InputError(
                _sum(table, rows, grid.codes, (c, k), base)
                + f" and the residual sum to {others[c, k]:.4g}; allowed: less than 1, for routes "
                "carry the rest"
            )
        total[c, k] = carried[c, k] / (1.0 - others[c, k])
    share = np.divide(flow, total[:, np.newaxis], out=np.zeros_like(flow), where=flow > 0)
    return share, total


def _routes(places: Sequence[_Place], table: Table, names: Names, total: Array) -> Routes:
    """Arrays of the routes that lie among the simulated countries and powers."""
    count = len(places)
    location = np.zeros(
        (count, len(names.countries), len(names.powers), len(names.channels)), dtype=bool
    )
    serves = np.zeros(location.shape[:3], dtype=bool)
    capacity, yields, weight, days, volume = np.zeros((5, count, 1))
    for g, place in enumerate(places):
        row, c, k = place.row, place.country, place.channel
        location[g, c, names.powers.index(row["power"]), k] = True
        if row["serves"] in names.powers:
            serves[g, c, names.powers.index(row["serves"])] = True
        if not total[c, k] > 0:
            raise InputError(
                f"{table.where(row)}: route {row['route']} lies in a channel without value: "
                f"the exposure of {row['country']}, {row['channel']} is 0"
            )
        volume[g] = total[c, k] / row.number("unit_value_usd")
        capacity[g] = row.number("capacity") / volume[g] if place.existed else 0.0
        yields[g] = _yield(table, row)
        weight[g] = row.number("build_weight")
        days[g] = row.number("days")
    country = np.array([place.country for place in places], dtype=np.intp)
    of_country = np.zeros((len(names.countries), 1))
    np.add.at(of_country, country, weight)
    return Routes(
        location=location,
        serves=serves,
        capacity=capacity,
        yield_=yields,
        build_weight=np.divide(
            weight, of_country[country], out=np.zeros_like(weight), where=weight > 0
        ),
        days=days,
        volume_per_share=volume,
    )


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
        raise InputError(too_much(table, grid.codes, (c, k), base, total[c, k]))


def too_much(
    table: Table, codes: Mapping[str, Sequence[str]], cell: tuple[int, int], base: int, total: float
) -> str:
    """What is said of shares that leave too little to the residual supplier.

    Parameters
    ----------
    table : Table
        Of attributes.
    codes : mapping of str to sequence of str
        Codes along each axis.
    cell : tuple of int
        Country and channel.
    base : int
        Base quarter.
    total : float
        Sum of the shares over the powers, with what routes carry.
    """
    rows = _rows(table, "share", codes, cell, base)
    carried = total - sum(row.number("value") for row in rows) > 1e-9
    if carried:  # the rest is what the residual leaves to them: that row is too small
        rows = _rows(table, "residual", codes, cell, base)
    return (
        f"{_sum(table, rows, codes, cell, base)} sum to {total:.4g} over the powers"
        f"{', with what routes carry' if carried else ''}; allowed: at most "
        f"{1 - LEAST_RESIDUAL:g}, for {LEAST_RESIDUAL:g} or more is left to the residual supplier"
    )


def _rows(
    table: Table,
    name: str,
    codes: Mapping[str, Sequence[str]],
    cell: tuple[int, int],
    base: int,
) -> list[Row]:
    """The rows that give a country's cells of a channel, one a cell."""
    axes = ATTRIBUTES[name].axes
    found = winners(table, name, axes, codes, base)
    index = tuple({"country": cell[0], "channel": cell[1]}.get(axis, slice(None)) for axis in axes)
    return [table.rows[place] for place in np.atleast_1d(found[index]) if place >= 0]


def _sum(
    table: Table,
    rows: Sequence[Row],
    codes: Mapping[str, Sequence[str]],
    cell: tuple[int, int],
    base: int,
) -> str:
    """The beginning of a message on a sum: the line of its largest part, and the other lines."""
    rows = [row for row in rows if row.number("value") > 0] or rows
    lines = [row.line for row in sorted(rows, key=lambda row: -row.number("value"))]
    where, *others = dict.fromkeys(lines)
    listed = ", ".join(map(str, sorted(others)))
    more = f" (with line{'s' if len(others) > 1 else ''} {listed})" if others else ""
    country, channel = codes["country"][cell[0]], codes["channel"][cell[1]]
    return (
        f"{shown(table.path)}:{where}: shares of {country}, {channel} at "
        f"{quarters.name(base)}{more}"
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
