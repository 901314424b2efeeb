"""Fits and hindcasts as cards in a notebook: what was learnt, and how well it forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.card import card, code, decimals, interval, join, line, listed, table, title
from sim.experiment.reading import in_words
from sim.fit.scoring import QUANTITY_BASELINES

if TYPE_CHECKING:
    from sim.fit.fit import Fit
    from sim.fit.hindcast import Hindcast

_MOST = 8  # parameters shown


def fit_card(fit: Fit) -> str:
    """What the record taught of the parameters, and whether it lies within the predictions."""
    return card(
        lambda: title("Parameters and the record", f"fit, case {fit.about['case']['name']}"),
        lambda: _fitted(fit),
        lambda: _parameters(fit),
        lambda: _checked(fit),
        lambda: line(
            "In ", code(fit.folder), ". Go on with ", code('fit.table("parameters")'), ", ",
            code('fit.table("targets")'), " or ", code("fit.posterior"), ".",
        ),
    )  # fmt: skip


def hindcast_card(hindcast: Hindcast) -> str:
    """Skill against forecasts that anybody could make, and coverage."""
    return card(
        lambda: title("Past forecasts", f"hindcast, case {_part(hindcast, 'case')['name']}"),
        lambda: _planned(hindcast),
        lambda: _skill(hindcast),
        lambda: _coverage(hindcast),
        lambda: line(
            "In ", code(hindcast.folder), ". Go on with ", code('hindcast.table("skill")'), ", ",
            code('hindcast.table("coverage")'), " or ", code('hindcast.table("quantities")'), ".",
        ),
    )  # fmt: skip


def _fitted(fit: Fit) -> str:
    settings = fit.about["settings"]
    return line(
        f"{fit.posterior.draws:,} draws of {len(fit.posterior.names)} parameters, of which "
        f"{len(fit.about['free'])} were fitted to {fit.about['targets']} moments of the record up "
        f"to {settings['until']}; started from {settings['base']}, seed {settings['seed']}."
    )


def _parameters(fit: Fit) -> str:
    """The parameters that the record narrowed most."""
    found = fit.table("parameters").sort_values("sd_ratio", kind="stable")
    verdicts = found["verdict"].value_counts(sort=False)
    rows = []
    for one in found.head(_MOST).to_dict("records"):
        before, after = (
            (one[f"{when}_q05"], one[f"{when}_q50"], one[f"{when}_q95"])
            for when in ("prior", "posterior")
        )
        digits = decimals([*before, *after])
        rows.append(
            (
                in_words(one["parameter"]),
                one["verdict"],
                interval(*before, digits),
                interval(*after, digits),
            )
        )
    said = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.items())
    header = ("Parameter", "By the record", "Before", "After")
    return join(
        line(f"Of the fitted parameters: {said}. Those that it narrowed most, with the median and "
             "the range from the 5th to the 95th percentile:"),
        table(header, rows, numbers=2),
    )  # fmt: skip


def _checked(fit: Fit) -> str:
    found = fit.table("targets")
    inside = int(found["observed"].between(found["q05"], found["q95"]).sum())
    return line(
        f"{inside} of {len(found)} observed moments lie within the range from the 5th to the 95th "
        "percentile of those simulated."
    )


def _part(hindcast: Hindcast, name: str) -> Any:
    return hindcast.about[name]


def _planned(hindcast: Hindcast) -> str:
    plan = _part(hindcast, "plan")
    origins = ", ".join(map(str, plan["origins"]))
    return line(
        f"From the ends of {origins} (the first is the main one) up to {plan['last']}, "
        f"{plan['runs']:,} runs each, seed {plan['seed']}."
    )


def _skill(hindcast: Hindcast) -> str:
    """Over all families of figures, against the simple forecasts."""
    found = hindcast.table("skill")
    found = found[(found["family"] == "all") & found["against"].isin(QUANTITY_BASELINES)]
    origins = [*dict.fromkeys(found["origins"].astype(str))]
    rows = []
    for against, own in found.groupby("against", sort=False):
        cells = {
            str(one["origins"]): interval(one["low"], one["skill"], one["high"], 2)
            for one in own.to_dict("records")
        }
        rows.append((in_words(str(against)), *(cells.get(origin, "–") for origin in origins)))
    note = "Skill: share of the other forecast's score that this one saves; below nought it loses."
    header = ("Skill against", *(f"From {origin}" for origin in origins))
    return join(table(header, rows, numbers=len(origins)), line(note, faint=True))


def _coverage(hindcast: Hindcast) -> str:
    found = hindcast.table("coverage")
    return listed(
        f"{one['inside_80']:.0%} of {one['figures']:,.0f} figures lie within the central 80 "
        f"percent of runs (origins: {one['origins']})"
        for one in found[found["family"] == "all"].to_dict("records")
    )
