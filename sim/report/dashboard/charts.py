"""The pictures of the dashboard: arrays of runs in, what plotly draws out.

Pictures are plain dictionaries in plotly's terms, with few points: quantiles by quarter, a smooth
curve, some hundred runs. The present setting is drawn in colour, the baseline dashed in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.experiment.statistics import QUANTILES
from sim.picture import density
from sim.picture.batch.samples import is_count
from sim.picture.style import FAINT, INK, PAPER, RULE, SCENARIO_COLOURS, Actor

Array = NDArray[Any]
Figure = dict[str, Any]

PRESENT, BASELINE = SCENARIO_COLOURS[0], FAINT
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
LEVELS = tuple(QUANTILES.values())  # 5, 25, 50, 75 and 95 percent
CLOUD = 400  # most runs drawn as dots in the triangle
CURVE = 120  # points of a smooth curve
WINDOWS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0)  # sides of the part of the triangle that is shown
HAPPENINGS = {
    "threats": "Threats",
    "complied": "Threats complied with",
    "imposed": "Threats carried out",
    "deal": "Deals",
}
_THREATS = ("complied", "backed_down", "imposed")  # the ends that a threat can have


@dataclass(frozen=True)
class Course:
    """An outcome over the quarters of all runs.

    Parameters
    ----------
    start : int
        First quarter.
    values : array (quarter, run)
    """

    start: int
    values: Array

    @property
    def end(self) -> int:
        """Last quarter."""
        return self.start + len(self.values) - 1

    @property
    def dates(self) -> list[str]:
        """First day of each quarter."""
        return [_date(self.start + place) for place in range(len(self.values))]


def fan(present: Course, baseline: Course | None, unit: str) -> Figure:
    """Median and middle half and nine tenths of runs by quarter; the baseline beside them.

    Parameters
    ----------
    present : Course
    baseline : Course or None
        Nothing is drawn for None.
    unit : str
        Title of the vertical axis.

    Returns
    -------
    dict
        In plotly's terms.
    """
    data = _edges(present, "Present setting", PRESENT, filled=True)
    if baseline is not None:
        data += _edges(baseline, "Baseline", BASELINE, filled=False)
    return {
        "data": data,
        "layout": _layout(
            hovermode="x unified",
            margin={"l": 52, "r": 14, "t": 26, "b": 30},
            xaxis=_axis(type="date", hoverformat="%Y, quarter %q", tickformat="%Y"),
            yaxis=_axis(showgrid=True, automargin=True, zeroline=False),
            annotations=[_note(unit, x=0, y=1, xanchor="left", yanchor="bottom")],
        ),
    }


def difference(gap: Course, unit: str) -> Figure:
    """Differences from the baseline run by run: median, middle half and nine tenths by quarter.

    Parameters
    ----------
    gap : Course
        Of each run, less the same run of the baseline.
    unit : str
        Title of the vertical axis.

    Returns
    -------
    dict
        In plotly's terms; zero is marked.
    """
    figure = fan(gap, None, unit)
    for trace in figure["data"]:
        trace["name"] = trace["name"].replace("Present setting", "Difference")
        if "hovertemplate" in trace:
            trace["hovertemplate"] = trace["hovertemplate"].replace("Present setting", "Difference")
    figure["layout"]["yaxis"] |= {"zeroline": True, "zerolinecolor": INK, "zerolinewidth": 1.2}
    if not np.any(gap.values):  # a line alone has no scale of its own
        figure["layout"]["yaxis"]["range"] = [-1, 1]
    return figure


def distribution(present: Array, baseline: Array | None, unit: str) -> Figure:
    """Density of runs with their quantiles below; whole numbers as shares of runs.

    Parameters
    ----------
    present : array (run,)
    baseline : array (run,) or None
    unit : str
        Title of the horizontal axis.

    Returns
    -------
    dict
        In plotly's terms.
    """
    sides = [("Present setting", PRESENT, present)]
    sides += [] if baseline is None else [("Baseline", BASELINE, baseline)]
    counted = all(is_count(values) for _, _, values in sides)
    shapes = [
        _bars(values, name, colour) if counted else _ridge(values, name, colour)
        for name, colour, values in sides
    ]
    tallest = max(max(shape["y"], default=1.0) for shape in shapes) or 1.0
    data = list(shapes)
    for row, (name, colour, values) in enumerate(sides):
        data += _marks(values, name, colour, -(0.1 + 0.11 * row) * tallest)
    far = [np.quantile(values, [0.005, 0.995]) for _, _, values in sides]
    low, high = min(float(one[0]) for one in far), max(float(one[1]) for one in far)
    air = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
    air = max(air, 0.6) if counted else air
    return {
        "data": data,
        "layout": _layout(
            hovermode="closest",
            barmode="overlay",
            margin={"l": 14, "r": 14, "t": 10, "b": 46},
            xaxis=_axis(
                title={"text": unit, "standoff": 6, "font": {"size": 12.5}},
                range=[low - air, high + air],
            ),
            yaxis={
                "visible": False,
                "fixedrange": True,
                "range": [-(0.08 + 0.12 * len(sides)) * tallest, 1.06 * tallest],
            },
        ),
    }


@dataclass(frozen=True)
class Triangle:
    """Where a country's ties lie between three blocs.

    Parameters
    ----------
    ends : array (run, corner)
        Shares at the last quarter; rescaled to add up to one.
    path : array (quarter, corner)
        Medians by quarter.
    start : int
        First quarter of the path.
    """

    ends: Array
    path: Array
    start: int


def ternary(present: Triangle, baseline: Triangle | None, corners: Sequence[str]) -> Figure:
    """Runs at the end as a cloud and the path of medians to it, in a triangle of three blocs.

    Parameters
    ----------
    present : Triangle
    baseline : Triangle or None
        Its path alone is drawn.
    corners : sequence of str
        Names of the three blocs: top, left, right.

    Returns
    -------
    dict
        In plotly's terms; the part of the triangle that holds the runs is shown.
    """
    cloud = 100 * _rescaled(present.ends)
    thinned = cloud[:: max(1, -(-len(cloud) // CLOUD))]
    data = [
        _in_triangle(
            thinned, corners, name="Runs at the end, present setting", mode="markers",
            marker={"color": PRESENT, "size": 5, "opacity": 0.28},
        )
    ]  # fmt: skip
    shown = [np.quantile(cloud, [0.01, 0.99], axis=0), 100 * _rescaled(present.path)]
    if baseline is not None:
        data += _track(baseline, corners, "Baseline", BASELINE, "dash")
        shown.append(100 * _rescaled(baseline.path))
    data += _track(present, corners, "Present setting", PRESENT, "solid")
    least = _window(np.concatenate(shown).min(axis=0))
    side = 100 - sum(least)
    axes = {
        axis: {
            "min": low,
            "title": {"text": f"{name} %", "font": {"size": 13}},
            "ticks": "outside",
            "ticklen": 3,
            "nticks": 5,
            "tickfont": {"size": 11, "color": FAINT},
            "tickformat": ".3~g" if side < 20 else ".0f",
            "linecolor": FAINT,
            "gridcolor": RULE,
        }
        for axis, name, low in zip(("aaxis", "baxis", "caxis"), corners, least, strict=True)
    }
    return {
        "data": data,
        "layout": _layout(
            hovermode="closest",
            margin={"l": 46, "r": 46, "t": 34, "b": 44},
            ternary={"sum": 100, "bgcolor": PAPER, **axes},
        ),
    }


def timeline(
    events: pd.DataFrame,
    baseline: pd.DataFrame | None,
    powers: Sequence[Actor],
    years: Sequence[int],
) -> Figure:
    """Threats, what came of them, and deals a year: mean numbers a run, stacked by power.

    Parameters
    ----------
    events : DataFrame
        Of `happenings`.
    baseline : DataFrame or None
        Of `happenings`; its sum over powers is marked.
    powers : sequence of Actor
        Those stacked, in order.
    years : sequence of int
        Of the horizon.

    Returns
    -------
    dict
        In plotly's terms: four charts above each other, on one scale of years.
    """
    years = list(years)
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    pitch = 1 / len(HAPPENINGS)  # of the four charts, each with a title above it
    height, above = 0.72 * pitch, 0.24 * pitch
    cells = _cells(events)
    before = {} if baseline is None else _cells(baseline)
    for row, (kind, words) in enumerate(HAPPENINGS.items()):
        number = "" if row == 0 else str(row + 1)
        sums = np.zeros(len(years))
        for power in powers:
            found = [cells.get((kind, power.code, year), (0.0, 0.0)) for year in years]
            means, shares = np.array(found).T
            sums += means
            data.append(
                {
                    "type": "bar",
                    "name": power.name,
                    "legendgroup": power.code,
                    "showlegend": row == 0,
                    "x": years,
                    "y": _plain(means),
                    "customdata": _plain(100 * shares),
                    "yaxis": f"y{number}",
                    "marker": {"color": power.colour, "line": {"width": 0.5, "color": PAPER}},
                    "hovertemplate": "%{x}, " + power.name + ": %{y:.3~g} a run"
                    "<br>in %{customdata:.3~g} % of runs<extra></extra>",
                }
            )
        tallest = float(sums.max())
        if baseline is not None:
            whole = np.array(
                [
                    sum(before.get((kind, power.code, year), (0.0,))[0] for power in powers)
                    for year in years
                ]
            )
            tallest = max(tallest, float(whole.max()))
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": "Baseline, all powers",
                    "legendgroup": "baseline",
                    "showlegend": row == 0,
                    "x": years,
                    "y": _plain(whole),
                    "yaxis": f"y{number}",
                    "marker": {
                        "symbol": "line-ew-open",
                        "size": 16,
                        "color": INK,
                        "line": {"width": 2, "color": INK},
                    },
                    "hovertemplate": "%{x}, baseline: %{y:.3~g} a run<extra></extra>",
                }
            )
        top = 1 - row * pitch - above
        layout[f"yaxis{number}"] = _axis(
            showgrid=True,
            domain=[max(0.0, top - height), top],
            range=[0, 1.12 * tallest or 1],
            nticks=4,
            anchor="x",
        )
        layout.setdefault("annotations", []).append(
            _note(words, x=0, y=top + 0.005, xanchor="left", yanchor="bottom")
        )
    ticks = [year for year in years if len(years) <= 8 or (year - years[0]) % 2 == 0]
    layout["xaxis"] = _axis(tickvals=ticks, anchor="y4", range=[years[0] - 0.6, years[-1] + 0.6])
    return {
        "data": data,
        "layout": _layout(
            barmode="stack",
            bargap=0.25,
            hovermode="closest",
            margin={"l": 46, "r": 14, "t": 4, "b": 28},
            **layout,
        ),
    }


def _cells(events: pd.DataFrame) -> dict[tuple[str, str, int], tuple[float, float]]:
    """Mean and share by kind, power and year."""
    columns = (events[name] for name in ("kind", "power", "year", "mean", "share"))
    return {
        (kind, power, year): (mean, share)
        for kind, power, year, mean, share in zip(*columns, strict=True)
    }


def happenings(events: pd.DataFrame, country: str, runs: int, start: int, end: int) -> pd.DataFrame:
    """What happened to a country, by kind, power and year.

    Parameters
    ----------
    events : DataFrame
        As a batch records them: run, quarter, kind, country, power.
    country : str
        Its code.
    runs : int
        Number of runs.
    start, end : int
        First and last quarter.

    Returns
    -------
    DataFrame
        Columns kind (one of `HAPPENINGS`), power, year, mean (number a run) and share (of the runs
        in which it happened at all that year); no row where it happened in no run. A year that the
        horizon holds in part counts only what falls in it.
    """
    own = events.loc[events["country"] == country, ["run", "quarter", "kind", "power"]]
    kind, run = own["kind"].to_numpy(), own["run"].to_numpy()
    power, powers = pd.factorize(own["power"].astype(str), sort=True)
    years = end // 4 + 1
    year = own["quarter"].to_numpy() // 4
    within = (year >= start // 4) & (year < years)
    # Numbers that stand for power and year, and for these and the run: twice as fast to count as
    # a table is to group, while somebody waits.
    cell, most = power * years + year, run.max(initial=0) + 1
    in_run = cell * most + run
    blocks = []
    for name in HAPPENINGS:
        chosen = within & np.isin(kind, _THREATS if name == "threats" else (name,))
        cells, number = np.unique(cell[chosen], return_counts=True)
        _, hit = np.unique(np.unique(in_run[chosen]) // most, return_counts=True)
        blocks.append(
            pd.DataFrame(
                {
                    "power": powers.to_numpy(dtype=object)[cells // years],
                    "year": cells % years,
                    "mean": number / runs,
                    "share": hit / runs,
                    "kind": name,
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)


# Parts of the fan and the distribution


def _edges(course: Course, name: str, colour: str, filled: bool) -> list[dict[str, Any]]:
    dates = course.dates
    q05, q25, q50, q75, q95 = (_plain(one) for one in np.quantile(course.values, LEVELS, axis=1))
    data: list[dict[str, Any]] = []
    if filled:
        for low, high, words, opacity in (
            (q05, q95, "90 % of runs", 0.16),
            (q25, q75, "50 % of runs", 0.30),
        ):
            data.append(
                {
                    "type": "scatter",
                    "name": f"{name}: {words}",
                    "x": [*dates, *reversed(dates)],
                    "y": [*high, *reversed(low)],
                    "mode": "lines",
                    "fill": "toself",
                    "fillcolor": _tint(colour, opacity),
                    "line": {"width": 0},
                    "hoverinfo": "skip",
                }
            )
    else:
        for edge, first in ((q05, True), (q95, False)):
            data.append(
                {
                    "type": "scatter",
                    "name": f"{name}: 90 % of runs",
                    "showlegend": first,
                    "x": dates,
                    "y": edge,
                    "mode": "lines",
                    "line": {"width": 1, "color": colour, "dash": "dot"},
                    "hoverinfo": "skip",
                }
            )
    data.append(
        {
            "type": "scatter",
            "name": f"{name}: median",
            "x": dates,
            "y": q50,
            "customdata": [list(row) for row in zip(q05, q25, q75, q95, strict=True)],
            "mode": "lines" if len(dates) > 1 else "markers",
            "line": {"width": 2.4 if filled else 2, "color": colour, "dash": _dash(filled)},
            "hovertemplate": f"{name}: median %{{y:.3~g}}; half of runs %{{customdata[1]:.3~g}} to "
            "%{customdata[2]:.3~g}; 90 % %{customdata[0]:.3~g} to %{customdata[3]:.3~g}"
            "<extra></extra>",
        }
    )
    return data


def _dash(filled: bool) -> str:
    return "solid" if filled else "dash"


def _ridge(values: Array, name: str, colour: str) -> dict[str, Any]:
    """A smooth curve; where the runs do not spread, or are too few, a line where they are."""
    found = density.along(np.asarray(values, dtype=float))
    if found is None:
        middle = float(np.median(values))
        places, heights = np.array([middle, middle]), np.array([0.0, 1.0])
    else:
        places = np.linspace(found[0][0], found[0][-1], CURVE)
        heights = np.interp(places, *found)
    filled = colour == PRESENT
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{name}: density of runs",
        "x": _plain(places),
        "y": _plain(heights),
        "fill": "tozeroy" if filled else "none",
        "fillcolor": _tint(colour, 0.25),
        "line": {"color": colour, "width": 2, "dash": _dash(filled)},
        "hoverinfo": "skip",
    }


def _bars(values: Array, name: str, colour: str) -> dict[str, Any]:
    whole, counts = np.unique(values, return_counts=True)
    filled = colour == PRESENT
    return {
        "type": "bar",
        "name": f"{name}: share of runs",
        "x": _plain(whole),
        "y": _plain(counts / len(values)),
        "width": [0.7] * len(whole),
        "marker": {
            "color": _tint(colour, 0.35 if filled else 0.0),
            "line": {"color": colour, "width": 1.5},
        },
        "hovertemplate": name + ": %{x} in %{y:.1%} of runs<extra></extra>",
    }


def _marks(values: Array, name: str, colour: str, height: float) -> list[dict[str, Any]]:
    """Bars of the middle half and nine tenths of runs, and a dot at the median."""
    marks = [float(mark) for mark in np.quantile(values, LEVELS)]
    words = f"{name}: median %{{customdata[2]:.3~g}}; half of runs %{{customdata[1]:.3~g}} to " + (
        "%{customdata[3]:.3~g}; 90 % %{customdata[0]:.3~g} to %{customdata[4]:.3~g}<extra></extra>"
    )
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{name}: {share} % of runs",
            "showlegend": False,
            "x": [marks[pair], marks[-1 - pair]],
            "y": [height, height],
            "line": {"color": colour, "width": 2 + 5 * pair},
            "hoverinfo": "skip",
        }
        for pair, share in enumerate((90, 50))
    ]
    dot = {
        "type": "scatter",
        "mode": "markers",
        "name": f"{name}: median",
        "showlegend": False,
        "x": [marks[2]],
        "y": [height],
        "customdata": [marks],
        "marker": {"color": PAPER, "size": 9, "line": {"color": colour, "width": 2}},
        "hovertemplate": words,
    }
    return [*lines, dot]


# Parts of the triangle


def _rescaled(shares: Array) -> Array:
    """Shares of the three corners in their sum, (row, corner); rows without a sum are left out."""
    total = shares.sum(axis=1, keepdims=True)
    usable = (np.isfinite(total) & (total > 0))[:, 0]
    return np.asarray(shares[usable] / total[usable], dtype=float)


def _window(least: Array) -> tuple[float, float, float]:
    """Least percentages of the corners, so that what is shown fills a triangle of a round size."""
    needed = 1 - float(least.sum()) / 100
    side = next(side for side in WINDOWS if side >= min(1.12 * needed, 1.0))
    low = np.maximum(least - 100 * (side - needed) / 3, 0.0)
    low[np.argmax(low)] -= low.sum() - 100 * (1 - side)
    low = np.maximum(low, 0.0)
    return float(low[0]), float(low[1]), float(low[2])


def _in_triangle(points: Array, corners: Sequence[str], **style: Any) -> dict[str, Any]:
    first, second, third = corners
    return {
        "type": "scatterternary",
        "a": _plain(points[:, 0]),
        "b": _plain(points[:, 1]),
        "c": _plain(points[:, 2]),
        "hovertemplate": f"%{{text}}{first} %{{a:.3~g}} %, {second} %{{b:.3~g}} %, "
        f"{third} %{{c:.3~g}} %<extra></extra>",
        "text": "",
        **style,
    }


def _track(
    triangle: Triangle, corners: Sequence[str], name: str, colour: str, dash: str
) -> list[dict[str, Any]]:
    path = 100 * _rescaled(triangle.path)
    last = 100 * _rescaled(np.median(_rescaled(triangle.ends), axis=0)[None])
    dot = {"color": colour, "size": 10, "line": {"color": PAPER, "width": 1.5}}
    return [
        _in_triangle(
            path, corners, name=f"{name}: medians by quarter", mode="lines",
            line={"color": colour, "width": 2.4, "dash": dash}, hoverinfo="skip",
            hovertemplate=None,
        ),
        _in_triangle(
            last, corners, name=f"{name}: median at the end", mode="markers", marker=dot,
            text=f"{name}, median at the end<br>",
        ),
    ]  # fmt: skip


# What all have in common


def _layout(**more: Any) -> dict[str, Any]:
    return {
        "autosize": True,
        "showlegend": False,
        "font": {"family": FONT, "size": 12.5, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": FAINT, "font": {"color": INK}},
        "dragmode": False,
        **more,
    }


def _axis(**more: Any) -> dict[str, Any]:
    return {
        "fixedrange": True,
        "showgrid": False,
        "gridcolor": RULE,
        "linecolor": FAINT,
        "zeroline": False,
        "tickfont": {"size": 12},
        **more,
    }


def _note(text: str, **place: Any) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "font": {"size": 12.5, "color": INK},
        **place,
    }


def _tint(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _date(quarter: int) -> str:
    return f"{quarter // 4:04d}-{3 * (quarter % 4) + 1:02d}-01"


def _plain(values: Any) -> list[float]:
    """Numbers as JSON holds them, without digits that nobody could see."""
    return [float(f"{value:.6g}") for value in np.asarray(values, dtype=float)]
