"""The figures by name: what each shows, of which results, with which options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment import catalogue
from sim.experiment.design import MODES
from sim.experiment.result import Result, load
from sim.experiment.sweep_result import Sweep
from sim.picture.page import Page
from sim.picture.request import Request
from sim.scenario.problems import nearest

BATCH, SWEEP, FIT, HINDCAST = "batch", "sweep", "fit", "hindcast"
Viewed = Result | Sweep | Path  # a path: the folder of a fit or of a hindcast


@dataclass(frozen=True)
class Kind:
    """A figure that can be asked for by name.

    Parameters
    ----------
    name : str
    shows : str
        In a few words.
    of : str
        Kind of result that it is made from.
    options : tuple of str
        Fields of `Request` that it heeds.
    home : str
        Module and function that make its pages.
    modes : tuple of str
        Of the sweeps that it is made from; empty: any.
    needs : str
        Without which it has no picture, where that is not plain from what it shows.
    """

    name: str
    shows: str
    of: str
    options: tuple[str, ...]
    home: str
    modes: tuple[str, ...] = ()
    needs: str = ""


_ACTORS = ("country", "power", "scenario")
_OF_SWEEP = ("outcome", *_ACTORS, "factor", "at")
_OF_STUDY = ("outcome", *_ACTORS, "at")
_MORRIS, _ONE = "morris", "one_at_a_time"
_ROUTES = "routes of a case (routes.csv), and their volumes"
_FILLING = tuple(mode for mode in MODES if mode not in (_MORRIS, _ONE))  # of the factors' space
_KINDS = (
    Kind(
        "fan", "quantiles of outcomes by quarter", BATCH, ("outcome", *_ACTORS), "batch.fan:pages"
    ),
    Kind(
        "difference",
        "quantiles by quarter of differences from the first scenario, run by run",
        BATCH,
        ("outcome", *_ACTORS),
        "batch.fan:difference_pages",
    ),
    Kind(
        "ridgeline",
        "distributions of outcomes, a ridge a scenario",
        BATCH,
        ("outcome", *_ACTORS, "at"),
        "batch.ridgeline:pages",
    ),
    Kind(
        "ternary",
        "alignment between three blocs: density at the end and path",
        BATCH,
        ("country", "scenario"),
        "batch.ternary:pages",
    ),
    Kind(
        "leverage",
        "leverage over each country by power and channel, as a heat map",
        BATCH,
        _ACTORS,
        "batch.leverage:pages",
    ),
    Kind(
        "alignment",
        "the powers' shares in each country's portfolio by quarter, stacked",
        BATCH,
        ("country", "scenario"),
        "batch.alignment:pages",
    ),
    Kind(
        "events",
        "threats by how they end, and deals, by year and power",
        BATCH,
        _ACTORS,
        "batch.events:pages",
    ),
    Kind(
        "routes",
        "flow through each route by quarter, against its capacity",
        BATCH,
        ("country", "scenario"),
        "batch.routes:pages",
        needs=_ROUTES,
    ),
    Kind(
        "cumulative",
        "share of runs at or below each value of an outcome, with quantiles in numbers",
        BATCH,
        ("outcome", *_ACTORS, "at"),
        "batch.cumulative:pages",
    ),
    Kind(
        "violin",
        "distributions of outcomes, a violin a scenario",
        BATCH,
        ("outcome", *_ACTORS, "at"),
        "batch.violin:pages",
    ),
    Kind(
        "effects",
        "mean differences from the first scenario, run by run, with intervals",
        BATCH,
        ("outcome", *_ACTORS, "at"),
        "batch.effects:pages",
    ),
    Kind(
        "map",
        "routes on a map: volume, capacity, through whose hands",
        BATCH,
        (*_ACTORS, "at"),
        "batch.map:pages",
        needs=_ROUTES,
    ),
    Kind(
        "network",
        "leverage of powers over countries: width by size, colour by channel",
        BATCH,
        (*_ACTORS, "at"),
        "batch.network:pages",
    ),
    Kind(
        "heat_map",
        "mean of an outcome over the values of two factors",
        SWEEP,
        _OF_SWEEP,
        "sweep.heat_map:pages",
        (*_FILLING, _MORRIS),
    ),
    Kind(
        "response",
        "mean of an outcome along each factor, with bands",
        SWEEP,
        _OF_SWEEP,
        "sweep.response:pages",
    ),
    Kind(
        "indices",
        "first-order and total indices of each factor, over time, with more rows",
        SWEEP,
        _OF_STUDY,
        "sweep.sensitivity_pages:pages",
        _FILLING,
    ),
    Kind(
        "elementary",
        "mean effect of each factor against its spread (Morris), over time, with more rows",
        SWEEP,
        _OF_STUDY,
        "sweep.sensitivity_pages:pages",
        (_MORRIS,),
    ),
    Kind(
        "tornado",
        "what each factor changes when it alone leaves the centre",
        SWEEP,
        _OF_STUDY,
        "sweep.sensitivity_pages:pages",
        (_ONE,),
    ),
    Kind(
        "prior_posterior",
        "prior against posterior of each parameter",
        FIT,
        (),
        "fits.marginals:pages",
    ),
    Kind(
        "pairs",
        "the posterior of the parameters that moved most, two by two",
        FIT,
        (),
        "fits.pairs:pages",
    ),
    Kind(
        "checks",
        "observed moments against what the fitted model foretells",
        FIT,
        (),
        "fits.checks:pages",
    ),
    Kind(
        "waves", "distance of the closest simulations from each moment", FIT, (), "fits.waves:pages"
    ),
    Kind("recovery", "how often known parameters are found again", FIT, (), "fits.recovery:pages"),
    Kind("skill", "skill of forecasts over simple ones", HINDCAST, (), "fits.skill:pages"),
    Kind(
        "variants",
        "skill over the model without one of its parts",
        HINDCAST,
        (),
        "fits.skill:variant_pages",
    ),
    Kind(
        "reliability",
        "stated shares of runs against how often it happened",
        HINDCAST,
        (),
        "fits.reliability:pages",
    ),
    Kind(
        "pit",
        "quantiles of the forecasts at which figures fell, as histograms",
        HINDCAST,
        (),
        "fits.pit:pages",
    ),
    Kind(
        "series",
        "forecasts of each series with its past and what came",
        HINDCAST,
        (),
        "fits.series:pages",
    ),
    Kind(
        "votes_skill",
        "skill of forecast votes over simple forecasts",
        HINDCAST,
        (),
        "fits.skill:vote_pages",
    ),
    Kind("votes", "votes as expected beside those cast", HINDCAST, (), "fits.votes:pages"),
    Kind(
        "evidence",
        "reported changes in forecasts of the year before",
        HINDCAST,
        (),
        "fits.evidence:pages",
    ),
)
FIGURES = {kind.name: kind for kind in _KINDS}


def kind_of(result: Viewed) -> str:
    """Kind of a result: batch, sweep, fit or hindcast.

    Raises
    ------
    InputError
        If a folder holds no finished fit or hindcast.
    """
    if isinstance(result, Result):
        return BATCH
    if isinstance(result, Sweep):
        return SWEEP
    return catalogue.read(result)[0]


def open_result(folder: str | Path) -> Viewed:
    """Open a results folder of any kind for its figures.

    Raises
    ------
    InputError
        If the folder is missing or holds no result.
    """
    folder = Path(folder)
    return folder if catalogue.read(folder)[0] in (FIT, HINDCAST) else load(folder)


def check_figure(name: str, kind: str) -> Kind:
    """The figure of a name, if it can be made from a kind of result.

    Raises
    ------
    InputError
        If there is no such figure, or it is of other results.
    """
    if name not in FIGURES:
        raise InputError(f"there is no figure {name!r}{nearest(name, FIGURES)}")
    figure = FIGURES[name]
    if figure.of != kind:
        own = ", ".join(one.name for one in FIGURES.values() if one.of == kind)
        raise InputError(
            f"figure {name}: made from a {figure.of}, not from a {kind}; of a {kind}: {own}"
        )
    return figure


def figures_of(result: Viewed) -> list[Kind]:
    """The figures that are made from results like this one."""
    kind = kind_of(result)
    mode = result.mode if isinstance(result, Sweep) else ""
    return [
        one for one in FIGURES.values() if one.of == kind and (not one.modes or mode in one.modes)
    ]


def check_options(request: Request, figures: Sequence[Kind]) -> None:
    """Refuse options that none of the figures heeds.

    Raises
    ------
    InputError
    """
    known = dict.fromkeys(option for figure in figures for option in figure.options)
    for option in request.given():
        if option not in known:
            names = ", ".join(figure.name for figure in figures)
            raise InputError(
                f"{option}: figure {names} does not take it (options: {', '.join(known) or 'none'})"
            )


def pages(result: Viewed, name: str, request: Request | None = None) -> Iterator[Page]:
    """The pictures that make up a figure, one at a time.

    Parameters
    ----------
    result : Result, Sweep or Path
        A path: the folder of a fit or hindcast.
    name : str
        Of the figure, as in `FIGURES`.
    request : Request, optional
        What it is to show; default: what suits the result.

    Raises
    ------
    InputError
        If the figure, an option or what it asks for does not suit the result.
    """
    request = request or Request()
    kind = check_figure(name, kind_of(result))
    suiting = figures_of(result)
    if isinstance(result, Sweep) and kind not in suiting:
        raise InputError(
            f"figure {name}: made from a sweep with rows sampled {' or '.join(kind.modes)}, not "
            f"{result.mode}; of this one: {', '.join(one.name for one in suiting)}"
        )
    check_options(request, [kind])
    module, function = kind.home.split(":")
    make = getattr(import_module(f"sim.picture.{module}"), function)
    if not isinstance(result, Result):
        yield from make(result, request)
        return
    from sim.picture.batch.subject import subjects

    for place, subject in enumerate(subjects(result, request)):
        for page in make(subject, request):
            yield page if not place else page.named(f"{page.name}_part{place + 1}")


def figure(
    result: Viewed | str,
    name: str = "fan",
    *,
    outcome: str | Iterable[str] | None = None,
    country: str | Iterable[str] | None = None,
    power: str | Iterable[str] | None = None,
    scenario: str | Iterable[str] | None = None,
    factor: str | Iterable[str] | None = None,
    at: str | None = None,
) -> Figure:
    """Draw one picture.

    Parameters
    ----------
    result : Result, Sweep, or path of a results folder
    name : str
        Of the figure, as `multivector plot --list` tells them.
    outcome, country, power, scenario, factor, at : optional
        What it is to show; see `Request`.

    Returns
    -------
    Figure
        Of matplotlib; where the figure has several pages, the first.

    Raises
    ------
    InputError
        If the figure, an option or what it asks for does not suit the result, or there is nothing
        to draw.

    Examples
    --------
    >>> import sim
    >>> sim.figure("results/demo", "fan", outcome="autonomy", country="KAZ")  # doctest: +SKIP
    """
    request = Request.of(
        outcome=outcome, country=country, power=power, scenario=scenario, factor=factor, at=at
    )
    opened = open_result(result) if isinstance(result, str | Path) else result
    for page in pages(opened, name, request):
        return page.draw()
    raise InputError(nothing(name))


def nothing(name: str) -> str:
    """What is said where a figure has no picture."""
    kind = FIGURES[name]
    needs = f"; it draws {kind.needs}" if kind.needs else ""
    return (
        f"figure {name}: there is nothing to draw; what it shows ({kind.shows}) was not recorded, "
        f"or does not occur in this result{needs}"
    )
