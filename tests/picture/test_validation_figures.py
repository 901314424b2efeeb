"""Pictures of fits and hindcasts draw the numbers they are given, with their words apart."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.case import Case, load_case
from sim.case.posterior import Posterior, write_posterior
from sim.core.errors import InputError
from sim.fit.fit import Settings
from sim.fit.hindcast import Plan
from sim.fit.recovery import LEAST, MOST
from sim.fit.skill import ALL
from sim.picture.figures import figures_of, pages
from sim.picture.fits import checks, marginals, pairs, pit, recovery, reliability, waves
from sim.picture.fits import evidence as evidence_figures
from sim.picture.fits import series as series_figures
from sim.picture.fits import skill as skill_figures
from sim.picture.fits import votes as vote_figures
from sim.picture.fits.fit_pages import draw_fit
from sim.picture.fits.hindcast_pages import draw_hindcast
from sim.picture.fits.look import OUTSIDE
from sim.picture.gallery import plot
from sim.picture.labels import Labels, Measure, Moment
from sim.picture.request import Request
from sim.picture.style import Actor, Caption

Words = Callable[[Figure], str]
Collisions = Callable[[Figure], list[tuple[str, ...]]]
LEVELS = ("q05", "q25", "q50", "q75", "q95")
LABELS = Labels(
    countries={"AVA": Actor("AVA", "Avaland", "#0072B2"), "BOR": Actor("BOR", "Borland")},
    powers={"NOR": Actor("NOR", "North", "#D55E00"), "EAS": Actor("EAS", "East", "#E69F00")},
    measures={
        "share": Measure("Share of a power in trade", "share"),
        "pipe": Measure("Gas to the north", "bcm a year"),
    },
    texts={"peace": "End of the war"},
    moments={
        "share_AVA_NOR_2014_2016": Moment("share", "AVA", "NOR", "", "office;bank"),
        "share_AVA_EAS_2014_2016": Moment("share", "AVA", "EAS", "", "bank"),
        "share_BOR_NOR_2014_2016": Moment("share", "BOR", "NOR", ""),
        "pipe_2021_2022": Moment("pipe", "", "", ""),
        "vote_no_peace_AVA_2019_2022": Moment("vote_no", "AVA", "", "peace"),
    },
    publishers={"bank": "World Bank"},
)


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def drawn(figure: Figure, gid: str) -> list[Any]:
    """Lines that stand for one thing, panel by panel."""
    return [line for axes in figure.axes for line in axes.get_lines() if line.get_gid() == gid]


def ends(figure: Figure, gid: str) -> list[tuple[float, float]]:
    return [(line.get_xdata()[0], line.get_xdata()[-1]) for line in drawn(figure, gid)]


# Tables


def parameters(number: int = 3) -> pd.DataFrame:
    verdicts = ("not moved", "moved", "hardly moved")
    return pd.DataFrame(
        {
            "parameter": [f"speed_{place}" for place in range(number)],
            "distance": [0.01, 0.2, 0.04][:number],
            "verdict": verdicts[:number],
            "low": [0.0, -2.0, 10.0][:number],
            "high": [1.0, 2.0, 30.0][:number],
            "prior_q05": [0.05, -1.8, 11.0][:number],
            "prior_q50": [0.5, 0.0, 20.0][:number],
            "prior_q95": [0.95, 1.8, 29.0][:number],
            "posterior_q05": [0.05, -1.6, 12.0][:number],
            "posterior_q25": [0.25, -1.5, 16.0][:number],
            "posterior_q50": [0.5, -1.4, 21.0][:number],
            "posterior_q75": [0.75, -1.3, 24.0][:number],
            "posterior_q95": [0.95, -1.2, 28.0][:number],
        }
    )


def targets(names: tuple[str, ...] = tuple(LABELS.moments)) -> pd.DataFrame:
    """Runs spread normally around 1 with standard deviation 0.5; observed 1, 2, ... of them off."""
    deviations = {"q05": -1.645, "q25": -0.674, "q50": 0.0, "q75": 0.674, "q95": 1.645}
    return pd.DataFrame(
        {
            "moment": names,
            "group": "trade",
            "observed": [1.0 + 0.5 * 2.0 * place for place in range(len(names))],
            **{level: 1.0 + 0.5 * deviation for level, deviation in deviations.items()},
            "meaning": "difference",
            "first": 2014,
            "last": [2014 if "peace" in name else 2016 for name in names],
            "error": 0.25,
        }
    )


def quantities(families: tuple[str, ...] = ("trade_share", "gas")) -> pd.DataFrame:
    rows = []
    for origin in (2018, 2016):
        for family in families:
            for year in (origin + 1, origin + 2):
                quantiles = {
                    f"q{name}": 0.3 + 0.05 * place
                    for place, name in enumerate((25, 100, 250, 500, 750, 900, 975))
                }
                trade = family == "trade_share"
                rows.append(
                    {
                        "origin": origin,
                        "family": family,
                        "observable": "trade_share.AVA.NOR" if trade else "pipe",
                        "measure": "trade_share" if trade else "pipe",
                        "country": "AVA" if trade else np.nan,
                        "power": "NOR" if trade else np.nan,
                        "year": year,
                        "anchor": 0.4,
                        "observed": 0.47 if year == origin + 1 else 0.7,
                        "quantile": 0.61 if year == origin + 1 else 1.0,
                        **quantiles,
                    }
                )
    return pd.DataFrame(rows)


def skill(
    families: tuple[str, ...] = (ALL, "trade_share"),
    against: tuple[str, ...] = ("persistence", "last_value", "fear_off"),
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "family": family,
                "against": name,
                "skill": value,
                "low": value - 0.1,
                "high": value + 0.1,
                "series": 4,
                "figures": 1200,
                "origins": origins,
            }
            for origins, shift in (("2018", 0.0), ("all", 0.05))
            for family in families
            for name in against
            for value in (({"persistence": 0.1, "last_value": 0.3}.get(name, -0.02)) + shift,)
        ]
    )


def votes() -> pd.DataFrame:
    cast = (("AVA", "N", 0.7), ("BOR", "NV", 0.3))
    return pd.DataFrame(
        [
            {
                "origin": 2018,
                "resolution": resolution,
                "text": "peace",
                "country": country,
                "year": year,
                "vote": vote,
                "no": no,
                "neither": 0.9 - no,
                "yes": 0.1,
            }
            for resolution, year in (("A/RES/1", 2019), ("A/RES/2", 2020))
            for country, vote, no in cast
        ]
    )


def votes_skill() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "cases": cases,
                "against": name,
                "votes": 10,
                "rps_skill": 0.2,
                "rps_low": -2.0,
                "rps_high": 0.5,
                "origins": origins,
            }
            for cases in (ALL, "informative")
            for name in ("frequency", "last_vote", "always_neither", "prior")
            for origins in ("2018", "all")
        ]
    )


def evidence() -> pd.DataFrame:
    figure = {"q10": -0.1, "q50": 0.1, "q90": 0.4, "year": 2022}
    rows = [
        {"observable": "share.AVA.NOR", "statistic": "growth", "observed": "0.2", "quantile": 0.7},
        {"observable": "share.BOR.NOR", "statistic": "growth", "observed": "1.6", "quantile": 1.0},
        {"observable": "share.AVA.EAS", "statistic": "level", "observed": "0.3", "quantile": 0.8},
    ]
    vote = {"observable": "peace.AVA", "statistic": "vote", "observed": "abstained", "year": 2022}
    return pd.DataFrame(
        [
            *({"evidence": f"E{place}", **row, **figure} for place, row in enumerate(rows)),
            {"evidence": "E9", **vote, "expected": 0.8, "absent": 0.1},
        ]
    )


# Fit


def test_marginals_draw_prior_and_posterior_with_what_moved_first(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    figure = marginals.draw(parameters(), caption)
    # In order of distance: speed_1 (range -2 to 2), speed_2 (10 to 30), speed_0 (0 to 1).
    np.testing.assert_allclose(ends(figure, "prior 90"), [(0.05, 0.95), (0.05, 0.95), (0.05, 0.95)])
    np.testing.assert_allclose(
        ends(figure, "posterior 50"), [(0.125, 0.175), (0.3, 0.7), (0.25, 0.75)]
    )
    medians = drawn(figure, "posterior median")
    np.testing.assert_allclose([one.get_xdata()[0] for one in medians], [0.15, 0.55, 0.5])
    assert [one.get_marker() for one in medians] == ["o", "o", "|"]
    assert medians[0].get_markerfacecolor() != medians[1].get_markerfacecolor()  # hardly: hollow
    told = page_words(figure)
    assert "speed 1" in told
    assert "\u22122 to 2" in told
    assert "1 moved, 1 hardly moved, 1 not moved" in told
    assert not page_collisions(figure)


def test_pairs_tell_rank_correlations_of_what_moved_most(
    caption: Caption, page_words: Words
) -> None:
    random = np.random.default_rng(3)
    first = random.normal(size=500)
    draws = pd.DataFrame({"speed_0": random.normal(size=500), "speed_1": first, "speed_2": -first})
    figure = pairs.draw(draws, parameters(), caption, most=2)
    assert len(figure.axes) == 3  # two on the diagonal, one below
    assert "\u22121.00" in page_words(figure)
    points = drawn(figure, "draws")[0]
    assert points.get_xdata()[0] == pytest.approx(
        first[0]
    )  # the one that moved most is on the left
    assert "speed 0" not in page_words(figure)


def test_pairs_need_two_parameters(caption: Caption) -> None:
    with pytest.raises(InputError, match="needs two parameters or more; found 1"):
        pairs.draw(pd.DataFrame({"speed_0": [1.0, 2.0]}), parameters(1), caption)


def test_checks_stand_in_deviations_from_the_median(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    names = tuple(name for name in LABELS.moments if name.startswith("share"))
    figure = checks.draw(targets(names), LABELS, caption)
    assert len(figure.axes) == 2  # Avaland and Borland
    np.testing.assert_allclose(ends(figure, "runs 90"), [(-1.645, 1.645)] * 3, atol=1e-9)
    np.testing.assert_allclose(ends(figure, "runs 50"), [(-0.674, 0.674)] * 3, atol=1e-9)
    observed = drawn(figure, "observed")
    np.testing.assert_allclose([one.get_xdata()[0] for one in observed], [0.0, 2.0, 4.0])
    assert [one.get_marker() for one in observed] == ["o", "D", "D"]
    np.testing.assert_allclose(ends(figure, "observed error")[1], (1.5, 2.5))
    told = page_words(figure)
    assert "Inside the light bar: 1 of 3" in told.replace("\n", " ")
    assert "Avaland" in told
    assert "2014\u201316" in told
    assert not page_collisions(figure)


def test_a_check_far_off_is_an_arrow_with_its_value(caption: Caption, page_words: Words) -> None:
    table = targets(("pipe_2021_2022",)).assign(observed=1.0 + 0.5 * 9.4)
    figure = checks.draw(table, LABELS, caption)
    (mark,) = drawn(figure, "observed")
    assert mark.get_marker() == ">"
    assert mark.get_xdata()[0] == checks.FAR
    assert not drawn(figure, "observed error")
    assert "+9.4" in page_words(figure)
    assert "Gas to the north" in page_words(figure)


@pytest.mark.parametrize("name", [*LABELS.moments, "no_such_moment"])
def test_one_target_is_drawn(name: str, caption: Caption, page_collisions: Collisions) -> None:
    figure = checks.draw(targets((name,)), LABELS, caption)
    assert len(drawn(figure, "observed")) == 1
    assert not page_collisions(figure)


def test_a_target_that_never_varies_is_drawn(caption: Caption) -> None:
    table = targets(("pipe_2021_2022",)).assign(**dict.fromkeys(LEVELS, 1.0), observed=1.5)
    figure = checks.draw(table, LABELS, caption)
    assert drawn(figure, "observed")[0].get_xdata()[0] == 0.5


def test_waves_name_what_is_out_of_reach(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    some = targets()
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "wave": wave,
                    "moment": some["moment"],
                    "least": [0.1, 0.2, 0.3, 4.0, 50.0],
                    "reached": [True, True, True, False, False],
                    "share_left": left,
                }
            )
            for wave, left in ((1, 0.125), (2, 0.0))
        ]
    )
    figure = waves.draw(table, some, LABELS, caption)
    assert len(figure.axes) == 2
    marks = drawn(figure, "least")
    assert [one.get_marker() for one in marks[:5]] == ["o", "o", "o", "D", ">"]
    told = page_words(figure).replace("\n", " ")
    assert "Wave 1: 12.5% of the prior is left" in told
    assert "Wave 2: nothing of the prior is left" in told
    assert "5 moments, 2 out of reach" in told
    assert "Gas to the north, 2021\u20132022; End of the war, Avaland, 2019\u20132022" in told
    assert not page_collisions(figure)


def test_recovery_shows_coverage_and_the_band(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    table = pd.DataFrame(
        {
            "parameter": ["dull", "keen"],
            "coverage_50": [0.5, 0.1],
            "coverage_80": [0.8, 0.7],
            "coverage_90": [0.9, 0.75],
            "correlation": [0.0, 0.9],
            "passed": [True, False],
        }
    )
    figure = recovery.draw(table, caption, fits=100)
    # The parameter that the record tells most of stands first.
    for level, expected in (("50", [0.1, 0.5]), ("80", [0.7, 0.8]), ("90", [0.75, 0.9])):
        marks = drawn(figure, f"coverage {level}")
        np.testing.assert_allclose([one.get_xdata()[0] for one in marks], expected)
    (band,) = [patch for patch in figure.axes[0].patches if patch.get_gid() == "band"]
    assert band.get_x() == pytest.approx(LEAST)
    assert band.get_x() + band.get_width() == pytest.approx(MOST)
    assert figure.axes[0].get_xlim()[0] <= 0.1
    told = page_words(figure)
    assert "not passed" in told
    assert "50%: 0.10" in told
    assert not page_collisions(figure)


# Hindcast


def test_skill_sets_the_main_origin_beside_all(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    figure = skill_figures.draw(skill(), 2018, caption)
    assert len(figure.axes) == 2  # all families, and one
    # Baselines in a fixed order, whatever that of the table; variants are elsewhere.
    main = [one.get_xdata()[0] for one in drawn(figure, "main")]
    np.testing.assert_allclose(main, [0.3, 0.1, 0.3, 0.1])
    np.testing.assert_allclose(ends(figure, "all 95")[0], (0.25, 0.45))
    assert drawn(figure, "line")[0].get_xdata()[0] == 0.0
    told = page_words(figure)
    assert told.index("last value") < told.index("last value, with spread")
    assert "figures: 1,200 from 2018, 1,200 in all" in told
    assert "+0.30  +0.35" in told
    assert "fear" not in told
    assert not page_collisions(figure)


def test_skill_beyond_the_axis_is_an_arrow(caption: Caption) -> None:
    table = skill((ALL,), ("last_value",)).assign(skill=-3.0, low=-9.0, high=0.5)
    figure = skill_figures.draw(table, 2018, caption)
    (mark,) = drawn(figure, "main")
    assert mark.get_marker() == "<"
    assert figure.axes[0].get_xlim()[0] > -1.5


def test_variants_are_called_by_what_they_lack(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    figure = skill_figures.draw_variants(skill(), 2018, caption)
    assert [one.get_xdata()[0] for one in drawn(figure, "main")] == [-0.02]
    assert "without fear" in page_words(figure)
    assert "\u22120.020  +0.030" in page_words(figure)
    assert not page_collisions(figure)


def test_variants_and_votes_need_rows(caption: Caption) -> None:
    with pytest.raises(InputError, match="a picture of variants needs one"):
        skill_figures.draw_variants(skill(against=("drift",)), 2018, caption)
    with pytest.raises(InputError, match="a picture of votes needs one or more; found none"):
        vote_figures.draw(votes().iloc[:0], LABELS, caption)
    with pytest.raises(InputError, match="skill of votes needs a baseline; the table has none"):
        skill_figures.draw_votes(votes_skill().iloc[:0], 2018, caption)
    with pytest.raises(InputError, match="a picture of evidence needs one row or more"):
        evidence_figures.draw(evidence().iloc[:0], LABELS, caption)
    with pytest.raises(InputError, match="a picture of series needs one or more; found none"):
        series_figures.draw(quantities(), {}, [], 2018, caption)


def test_skill_of_votes(caption: Caption, page_words: Words, page_collisions: Collisions) -> None:
    figure = skill_figures.draw_votes(votes_skill(), 2018, caption)
    assert len(figure.axes) == 2
    assert [one.get_xdata()[0] for one in drawn(figure, "main")] == [0.2] * 6
    assert "Votes unlike the last or the usual one" in page_words(figure)
    assert not page_collisions(figure)


@pytest.mark.parametrize("families", [("trade_share",), ("trade_share", "gas")])
def test_quantiles_are_counted_in_even_bins(
    families: tuple[str, ...], caption: Caption, page_collisions: Collisions
) -> None:
    table = pit.table(quantities(families))
    figure = pit.draw(table, caption)
    assert len(figure.axes) == (1 if len(families) == 1 else 1 + len(families))
    # Half of the figures at 0.61, half at 1, in five bins: two and a half times an even share.
    bars = [one.get_height() for one in figure.axes[0].patches if one.get_gid() == "quantiles"]
    np.testing.assert_allclose(bars, [0.0, 0.0, 0.0, 2.5, 2.5])
    whole = table[table["family"] == ALL]
    np.testing.assert_allclose(whole["share"], [0.0, 0.0, 0.0, 0.5, 0.5])
    assert set(whole["figures"]) == {4 * len(families)}
    assert not page_collisions(figure)


def test_the_band_of_chance_holds_even_quantiles(caption: Caption) -> None:
    even = pd.DataFrame({"family": "gas", "quantile": (np.arange(100) + 0.5) / 100})
    table = pit.table(even)
    np.testing.assert_allclose(table["share"], 0.1)
    # 90 percent of binomial counts of 100 in ten bins: 5 to 15 (scipy.stats.binom, n 100, p 0.1).
    np.testing.assert_allclose(table[["low", "high"]], [[0.05, 0.15]] * 10)
    figure = pit.draw(table, caption)
    inside = [one.get_facecolor() for one in figure.axes[0].patches if one.get_gid() == "quantiles"]
    figure = pit.draw(pit.table(even.assign(quantile=0.05)), caption)
    out = [one.get_facecolor() for one in figure.axes[0].patches if one.get_gid() == "quantiles"]
    assert len(set(inside)) == 1
    assert set(out).isdisjoint(inside)
    with pytest.raises(InputError, match="a histogram of quantiles needs a figure; found none"):
        pit.draw(table.iloc[:0], caption)
    with pytest.raises(InputError, match="needs a column low; none is there"):
        pit.draw(table.drop(columns="low"), caption)


def counts() -> pd.DataFrame:
    """Ten chances of one half of an episode or more, of which four came; ten small ones, none."""
    rows = {"expected": [np.log(2)] * 10 + [0.004] * 10, "observed": [1, 2, 1, 1] + [0] * 16}
    return pd.DataFrame(rows).assign(origin=2018, family="coercion", observable="coercion.AVA")


def test_reliability_sets_what_was_said_beside_what_happened() -> None:
    made = votes()
    table = reliability.table(made, counts(), quantities()).set_index(["kind", "family"])
    # Every choice of every vote is a case; here in plain pandas.
    long = made.melt(["vote"], ["no", "neither", "yes"], "way", "stated")
    long["came"] = long["vote"].map({"N": "no", "NV": "neither"}) == long["way"]
    by_bin = long.groupby((long["stated"] * 10 + 1e-9).astype(int))
    own = table.loc["votes"]
    np.testing.assert_allclose(own["stated"], by_bin["stated"].mean())
    np.testing.assert_allclose(own["happened"], by_bin["came"].mean())
    assert own["cases"].tolist() == by_bin.size().tolist()
    assert own["cases"].sum() == 3 * len(made)
    own = table.loc["episodes"]
    np.testing.assert_allclose(own["stated"], [1 - np.exp(-0.004), 0.5])
    np.testing.assert_allclose(own["happened"], [0.0, 0.4])
    # 90 percent of binomial counts, n 10, p 0.5: 2 to 8 (scipy.stats.binom).
    np.testing.assert_allclose(own.iloc[1][["low", "high"]].to_numpy(float), [0.2, 0.8])
    # Quantiles at 0.61 and at 1: inside from the interval of 30 percent on, and never.
    own = table.loc[("intervals", ALL)]
    np.testing.assert_allclose(own["stated"], np.arange(1, 10) / 10)
    np.testing.assert_allclose(own["happened"], [0, 0, *[0.5] * 7])
    assert set(own["cases"]) == {8}


def test_intervals_are_those_that_the_hindcast_counted(tmp_path: Path) -> None:
    quantile = [0.25, 0.75, 0.9, 0.0, 0.5]
    table = pd.DataFrame({"family": "gas", "quantile": quantile})
    found = reliability.table(votes().iloc[:0], counts().iloc[:0], table)
    half = found[found["from"] == 0.5]
    assert half["happened"].item() == 0.6  # those on the edge are inside


@pytest.mark.parametrize("left_out", [(), ("votes",), ("counts",), ("votes", "counts", "gas")])
def test_reliability_is_drawn_from_what_there_is(
    left_out: tuple[str, ...], caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    found = reliability.table(
        votes().iloc[: 0 if "votes" in left_out else None],
        counts().iloc[: 0 if "counts" in left_out else None],
        quantities(("trade_share",) if "gas" in left_out else ("trade_share", "gas")),
    )
    figure = reliability.draw(found, caption)
    panels = sum(
        2 for kind in ("votes", "counts") if kind not in left_out
    )  # a diagram and a histogram
    assert len(figure.axes) == panels + (1 if "gas" in left_out else 3)
    dots = [one.get_ydata()[0] for one in drawn(figure, "happened")]
    np.testing.assert_allclose(dots, found["happened"])
    assert not page_collisions(figure)
    told = page_words(figure).replace("\n", " ")
    assert ("Each vote is three cases" in told) == ("votes" not in left_out)


def test_reliability_needs_cases(caption: Caption) -> None:
    found = reliability.table(votes(), counts(), quantities())
    with pytest.raises(InputError, match="a reliability diagram needs a case; found none"):
        reliability.draw(found.iloc[:0], caption)
    with pytest.raises(InputError, match="a reliability diagram needs a column stated"):
        reliability.draw(found.drop(columns="stated"), caption)


def test_series_show_past_forecast_and_what_came(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    table = quantities()
    main = table[table["origin"] == 2018]
    past = pd.Series([0.3, 0.5, 0.4, 0.47, 0.7], index=[2016, 2017, 2018, 2019, 2020])
    panels = [Actor("trade_share.AVA.NOR", "North", "#D55E00"), Actor("pipe", "Pipe", unit="bcm")]
    figure = series_figures.draw(main, {one.code: past for one in panels}, panels, 2018, caption)
    assert len(figure.axes) == 2
    median = drawn(figure, "median")[0]
    np.testing.assert_allclose(median.get_xdata(), [2018, 2019, 2020])
    np.testing.assert_allclose(median.get_ydata(), [0.4, 0.45, 0.45])
    known = drawn(figure, "known")[0]
    np.testing.assert_allclose(known.get_xdata(), [2016, 2017, 2018])
    came = drawn(figure, "observed")[:2]
    np.testing.assert_allclose([one.get_ydata()[0] for one in came], [0.47, 0.7])
    assert came[1].get_markerfacecolor() == OUTSIDE
    assert came[0].get_markerfacecolor() != OUTSIDE
    assert "Pipe (bcm)" in page_words(figure)
    assert not page_collisions(figure)


def test_votes_frame_the_vote_cast(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    figure = vote_figures.draw(votes(), LABELS, caption)
    assert len(figure.axes) == 4
    for axes, (left, width) in zip(figure.axes, [(0.0, 0.7), (0.3, 0.6)] * 2, strict=True):
        shares = {one.get_gid(): one.get_width() for one in axes.patches if one.get_gid() != "cast"}
        assert sum(shares.values()) == pytest.approx(1.0)
        (cast,) = [one for one in axes.patches if one.get_gid() == "cast"]
        assert (cast.get_x(), cast.get_width()) == pytest.approx((left, width))
    told = page_words(figure)
    assert "No 70%" in told
    assert "absent 60%" in told
    assert "End of the war" in told
    assert "4 of 4 cases" in told.replace("\n", " ")
    assert not page_collisions(figure)


def test_evidence_stands_against_the_forecast(
    caption: Caption, page_words: Words, page_collisions: Collisions
) -> None:
    figure = evidence_figures.draw(evidence(), LABELS, caption)
    assert len(figure.axes) == 3  # rises, levels, votes
    np.testing.assert_allclose(ends(figure, "runs 80"), [(-10, 40), (-10, 40), (-0.1, 0.4)])
    reported = drawn(figure, "reported")
    np.testing.assert_allclose([one.get_xdata()[0] for one in reported], [20, 160, 0.3])
    assert [one.get_marker() for one in reported] == ["o", "D", "o"]
    np.testing.assert_allclose(ends(figure, "neither"), [(0.0, 0.8)])
    told = page_words(figure).replace("\n", " ")
    assert "Avaland: share of North in trade" in told
    assert "Inside the bar: 2 of 3" in told
    assert "Votes: end of the war" in told
    assert "abstained" in told
    assert not page_collisions(figure)


# Names


def test_labels_name_moments_and_publishers() -> None:
    assert (
        LABELS.of_target("share_AVA_NOR_2014_2016")
        == "Share of North in trade, Avaland, 2014\u20132016"
    )
    assert LABELS.of_target("gdp_usd_AVA") == "GDP AVA"
    assert LABELS.credit(["office;bank", "bank"]) == "Observed figures after: office; World Bank."
    assert LABELS.credit([]) == ""
    assert LABELS.parts("pipe") == ("pipe", "", "")


# Whole folders


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("central_asia")


def test_a_fit_is_drawn_whole(tmp_path: Path, case: Case) -> None:
    folder = tmp_path / "fit"
    folder.mkdir()
    draws = np.random.default_rng(1).uniform(size=(1000, 3))
    names = ("trade_elasticity", "fear_push", "vote_noise")
    write_posterior(folder / "posterior.parquet", Posterior(names, draws, {"until": 2016}))
    about = {
        "settings": asdict(Settings(until=2016, base="2014Q4")),
        "versions": {"multivector": "9.9"},
        "case": {"name": case.name},
        "format": "multivector fit 1",
        "status": "complete",
    }
    (folder / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    checks = targets(("trade_share_KAZ_RUS_2014_2016", "no_such_moment"))
    checks["group"] = ["trade", "re-exports"]
    tables = {
        "parameters": parameters().assign(parameter=names),
        "targets": checks,
        "waves": pd.DataFrame(columns=["wave", "moment", "least", "reached", "share_left"]),
        "recovery": pd.DataFrame(
            {"parameter": names, "coverage_50": 0.5, "coverage_80": 0.8, "coverage_90": 0.9,
             "correlation": 0.1, "passed": True}
        ),
    }  # fmt: skip
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    paths = draw_fit(folder)
    assert [path.name for path in paths] == [
        "fit_marginals.png",
        "fit_pairs.png",
        "fit_checks_trade.png",
        "fit_checks_reexports.png",
        "fit_recovery.png",
    ]
    assert all(path.parent == folder / "pictures" and path.stat().st_size > 0 for path in paths)

    # By name they are the same, each with its table and words.
    made = [page for kind in figures_of(folder) for page in pages(folder, kind.name)]
    assert [page.name for page in made] == [path.stem for path in paths]
    by_name = {page.name: page for page in made}
    moved = by_name["fit_marginals"].table
    assert moved["parameter"].tolist() == ["fear_push", "vote_noise", "trade_elasticity"]
    assert (
        "1 of 3 parameters moved. fear push: prior median 0" in by_name["fit_marginals"].alternative
    )
    np.testing.assert_allclose(by_name["fit_pairs"].table, draws[:, [1, 2, 0]])
    check = by_name["fit_checks_trade"].table
    assert check["moment"].tolist() == ["trade_share_KAZ_RUS_2014_2016"]
    assert "90 percent interval held the truth in 90 to 90" in by_name["fit_recovery"].alternative
    with pytest.raises(InputError, match="waves: there is nothing to draw"):
        plot(folder, tmp_path / "none", ["waves"])
    with pytest.raises(InputError, match=r"country: figure .* does not take it"):
        plot(folder, tmp_path / "none", request=Request.of(country="KAZ"))


def _hindcast(folder: Path, **tables: pd.DataFrame) -> None:
    folder.mkdir()
    plan = asdict(Plan(origins=(2018, 2016), last=2022, base="2014Q4", runs=100))
    about = {"plan": plan, "format": "multivector hindcast 1", "status": "complete"}
    (folder / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)


def of_the_case(quantities: pd.DataFrame) -> pd.DataFrame:
    """Quantities of the shipped case in place of invented ones."""
    made = quantities.replace(
        {"trade_share.AVA.NOR": "trade_share.KAZ.RUS", "AVA": "KAZ", "NOR": "RUS"}
    )
    return made.replace(
        {"observable": {"pipe": "gas_kaz_china"}, "measure": {"pipe": "gas_kaz_china"}}
    )


def test_a_hindcast_is_drawn_whole(tmp_path: Path, case: Case) -> None:
    _hindcast(
        tmp_path / "hind",
        quantities=of_the_case(quantities()),
        skill=skill(),
        counts=counts(),
        votes=votes(),
        votes_skill=votes_skill(),
        evidence=evidence(),
    )
    paths = draw_hindcast(tmp_path / "hind", case, tmp_path / "out")
    assert [path.name for path in paths] == [
        "hindcast_skill.png",
        "hindcast_variants.png",
        "hindcast_reliability.png",
        "hindcast_pit.png",
        "hindcast_series_trade_share_KAZ.png",
        "hindcast_series_gas.png",
        "hindcast_votes_skill.png",
        "hindcast_votes.png",
        "hindcast_evidence.png",
    ]
    assert all(path.parent == tmp_path / "out" for path in paths)

    # By name they are the same, each with its table and words; the folder names its case.
    path = tmp_path / "hind" / "manifest.json"
    about = json.loads(path.read_text(encoding="utf-8")) | {"case": {"name": case.name}}
    path.write_text(json.dumps(about), encoding="utf-8")
    found = [
        page for kind in figures_of(tmp_path / "hind") for page in pages(path.parent, kind.name)
    ]
    assert sorted(page.name for page in found) == sorted(path.stem for path in paths)
    assert all(len(page.table) and page.alternative.endswith(".") for page in found)
    by_name = {page.name: page for page in found}
    assert set(by_name["hindcast_series_gas"].table["origin"]) == {2018}
    assert "observed 0.7" in by_name["hindcast_series_gas"].alternative
    assert "4 of 4 cases" in by_name["hindcast_votes"].alternative
    assert "fear_off" not in set(by_name["hindcast_skill"].table["against"])
    assert "2 of 3 figures" in by_name["hindcast_evidence"].alternative


def test_a_hindcast_without_votes_or_evidence_is_drawn(tmp_path: Path, case: Case) -> None:
    _hindcast(
        tmp_path / "hind",
        quantities=of_the_case(quantities(("trade_share",))),
        skill=skill(against=("last_value",)),
        counts=counts().iloc[:0],
        votes=votes().iloc[:0],
        evidence=evidence().iloc[:0],
    )
    paths = draw_hindcast(tmp_path / "hind", case)
    assert [path.stem for path in paths] == [
        "hindcast_skill",
        "hindcast_reliability",
        "hindcast_pit",
        "hindcast_series_trade_share_KAZ",
    ]


def test_a_hindcast_of_another_case_of_that_name_is_not_drawn(tmp_path: Path, case: Case) -> None:
    _hindcast(tmp_path / "hind", quantities=quantities(), skill=skill())
    with pytest.raises(InputError, match=r"another case .*no record of 'trade_share\.AVA\.NOR'"):
        draw_hindcast(tmp_path / "hind", case)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, case: Case) -> None:
    _hindcast(
        tmp_path / "hind",
        quantities=of_the_case(quantities()),
        skill=skill(),
        counts=counts(),
        votes=votes(),
        evidence=evidence(),
    )
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    with pytest.raises(InputError, match="cannot write there"):
        draw_hindcast(tmp_path / "hind", case, blocked)
