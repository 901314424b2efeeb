"""Scores of made-up forecasts of a made-up record, whose values are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.core.world import Array
from sim.experiment.observables import Observable
from sim.fit import baselines, scores
from sim.fit.forecast import Forecast
from sim.fit.record import VALUES, VOTES, Observed
from sim.fit.scoring import Scored, history, scale_of, score, vote_shares
from sim.fit.targets import Years

ORIGIN, LAST = 2018, 2020
PAST = range(2010, ORIGIN + 1)
SHARE = Observable("s.AVA", "s", "shares", "AVA", "", "", "mean", ("share.AVA.NOR.trade",))
PIPE = Observable("p", "p", "volumes", "", "", "", "mean", ("route_volume.northern_pipe",))
EPISODES = Observable("c.AVA", "c", "events", "AVA", "", "", "change", ("threats.AVA.NOR",))
WAYS = ("vote_yes", "vote_no", "vote_abstain", "vote_absent")
VOTING = tuple(
    Observable(f"{way}.law.AVA", way, "", "AVA", "", "", "mean", (f"{way}.law.AVA",))
    for way in WAYS
)
ALL = (SHARE, PIPE, EPISODES, *VOTING)


def rows(one: Observable, values: dict[int, float]) -> list[dict[str, object]]:
    return [
        dict.fromkeys(VALUES, "")
        | {"measure": one.measure, "country": one.country, "year": year, "value": value}
        for year, value in values.items()
    ]


def vote(year: int, cast: str, text: str = "law") -> dict[str, object]:
    said = {"resolution": f"R{year}{text}", "date": f"{year}-05-01", "year": year}
    return dict.fromkeys(VOTES, "") | said | {"text": text, "country": "AVA", "vote": cast}


SHARES = dict(zip(PAST, [0.2, 0.22, 0.21, 0.25, 0.2, 0.24, 0.3, 0.28, 0.25], strict=True))
PIPES = dict(zip(PAST, [40.0, 42, 45, 41, 44, 50, 48, 52, 50], strict=True))
COUNTS = dict(zip(PAST, [0.0, 1, 0, 0, 0, 2, 0, 0, 0], strict=True))
LATER = {
    "share": {2019: 0.3, 2020: 0.2},
    "pipe": {2019: 55.0, 2020: 60.0},
    "count": {2019: 1.0, 2020: 0.0},
}


def record(votes: list[dict[str, object]] | None = None) -> Observed:
    values = [
        *rows(SHARE, SHARES | LATER["share"]),
        *rows(PIPE, PIPES | LATER["pipe"]),
        *rows(EPISODES, COUNTS | LATER["count"]),
    ]
    cast = [vote(2016, "A"), vote(2017, "N"), vote(2019, "N")] if votes is None else votes
    return Observed(
        pd.DataFrame(values, columns=list(VALUES)), pd.DataFrame(cast, columns=list(VOTES))
    )


def made(**changes: Array) -> Forecast:
    """A forecast whose ratios to the base year are those given, (year, run)."""
    ratios = {
        "share": np.array([[1.0, 1.2, 1.4, 0.8], [1.0, 1.2, 0.6, 0.8]]),
        "pipe": np.array([[1.0, 1.1, 1.2, 0.9], [1.1, 1.2, 1.3, 1.0]]),
        "count": np.array([[0.0, 1.0, 1.0, 2.0], [0.0, 0.0, 0.0, 1.0]]),
        "votes": np.array([0.1, 0.5, 0.3, 0.1]),  # yes, no, abstain, absent
    } | changes
    runs = ratios["share"].shape[1]
    values = np.zeros((len(ALL), 3, runs))
    values[0] = 0.5 * np.vstack([np.ones((1, runs)), ratios["share"]])
    values[1] = 7.0 * np.vstack([np.ones((1, runs)), ratios["pipe"]])
    values[2, 1:] = ratios["count"]
    values[3:] = ratios["votes"][:, None, None]
    years = Years(tuple(one.name for one in ALL), (ORIGIN, 2019, 2020), values)
    return Forecast(ORIGIN, ALL, years)


def scored(forecast: Forecast, later: Observed | None = None, **variants: Forecast) -> Scored:
    whole = record() if later is None else later
    return score(forecast, whole, whole.until(ORIGIN), variants)


def test_quantities_are_scored_at_their_anchor() -> None:
    table = scored(made()).quantities.set_index(["observable", "year"])
    assert len(table) == 4
    row = table.loc["s.AVA", 2019]
    ensemble = 0.25 * np.array([1.0, 1.2, 1.4, 0.8])
    assert row["anchor"] == 0.25
    assert row["observed"] == 0.3
    assert row["horizon"] == 1
    assert row["crps"] == pytest.approx(float(scores.crps(ensemble, 0.3)))
    assert row["quantile"] == pytest.approx(0.625)  # two below, one equal
    assert row["q500"] == pytest.approx(0.275)
    # The pipe: 55 and 60 of the anchor 50 with ratios of 0.9 to 1.3.
    assert table.loc[("p", 2020), "anchor"] == 50.0
    assert table.loc[("p", 2020), "quantile"] == pytest.approx(0.625)


def test_a_perfect_forecast_has_no_penalty() -> None:
    runs = np.ones(4)
    perfect = made(share=np.outer([0.3 / 0.25, 0.2 / 0.25], runs), pipe=np.outer([1.1, 1.2], runs))
    table = scored(perfect).quantities
    assert table["crps"].to_numpy() == pytest.approx(0.0, abs=1e-12)
    assert (table["crps_last_value"] > 0).all()


def test_baselines_are_those_of_the_known_history() -> None:
    table = scored(made()).quantities.set_index(["observable", "year"])
    assert table.loc[("s.AVA", 2020), "crps_last_value"] == pytest.approx(0.05)
    assert table.loc[("p", 2020), "crps_last_value"] == pytest.approx(10.0)
    past = history(record(), "p", ORIGIN)
    assert past is not None
    members = baselines.drift(
        past, [1, 2], scale="log", spread=baselines.pooled_spread([past], "log")
    )
    assert table.loc[("p", 2019), "crps_drift"] == pytest.approx(
        float(scores.crps(members[0], 55.0)), rel=0.05
    )
    # Nothing later changes them.
    later = record()
    later.values.loc[later.values["year"] > ORIGIN, "value"] *= 1.5
    other = scored(made(), later).quantities.set_index(["observable", "year"])
    assert (other["unit_change"] == table["unit_change"]).all()
    assert (other["anchor"] == table["anchor"]).all()


def test_variants_are_scored_beside() -> None:
    wide = made(share=np.array([[0.2, 1.0, 1.4, 3.0], [0.2, 1.2, 0.6, 3.0]]))
    table = scored(made(), same=made(), wide=wide).quantities
    assert (table["crps_same"] == table["crps"]).all()
    shares = table[table["family"] == "shares"]
    alone = scored(wide).quantities
    expected = alone.loc[alone["family"] == "shares", "crps"].to_numpy()
    assert shares["crps_wide"].to_numpy() == pytest.approx(expected)


def test_intervals_hold_what_they_should() -> None:
    """Ratios spread evenly from 0.5 to 1.5: the middle 80 percent are 0.6 to 1.4."""
    even = np.linspace(0.5, 1.5, 1001)
    forecast = made(
        share=np.array([even, even]),
        pipe=np.array([even, even]),
        count=np.zeros((2, 1001)),
    )
    whole = record()
    ratios = {("s", 2019): 1.39, ("s", 2020): 1.41, ("p", 2019): 1.24, ("p", 2020): 0.51}
    for (measure, year), ratio in ratios.items():
        anchor = {"s": 0.25, "p": 50.0}[measure]
        some = (whole.values["measure"] == measure) & (whole.values["year"] == year)
        whole.values.loc[some, "value"] = ratio * anchor
    table = scored(forecast, whole).quantities.set_index(["measure", "year"])
    inside = {key: tuple(table.loc[key, [f"inside_{x}" for x in (50, 80, 95)]]) for key in ratios}
    assert inside == {
        ("s", 2019): (False, True, True),
        ("s", 2020): (False, False, True),
        ("p", 2019): (True, True, True),
        ("p", 2020): (False, False, False),
    }


def test_figures_without_an_anchor_or_a_base_are_left_out() -> None:
    whole = record()
    gap = replace(whole, values=whole.values[whole.values["year"] != ORIGIN])
    assert scored(made(), gap).quantities.empty
    nought = made()
    nought.years.values[1, 0] = 0.0
    assert set(scored(nought).quantities["observable"]) == {"s.AVA"}
    assert history(record(), "nothing", ORIGIN) is None


def test_scales() -> None:
    assert scale_of(SHARE) == "share"
    assert scale_of(PIPE) == "log"


# Votes


def test_votes_are_scored_in_three_ways() -> None:
    table = scored(made()).votes
    assert len(table) == 1
    row = table.iloc[0]
    # Of the four shares 0.5, 0.3 + 0.1 and 0.1, a hundredth added to each way.
    expected = (np.array([0.5, 0.4, 0.1]) + 0.01) / 1.03
    assert row[["no", "neither", "yes"]].to_list() == pytest.approx(expected)
    assert row["rps"] == pytest.approx((expected[0] - 1) ** 2 + expected[2] ** 2)
    assert row["brier"] == pytest.approx(float(scores.brier(expected, 0)))
    assert row["rps_always_neither"] == pytest.approx((0.02 / 3 - 1) ** 2 + (0.02 / 3) ** 2)
    shares = vote_shares(made(), "law", "AVA", 2020)
    assert shares is not None
    assert shares.sum() == pytest.approx(1.0)
    assert vote_shares(made(), "other", "AVA", 2020) is None


@pytest.mark.parametrize(
    ("cast", "category"), [("N", 0), ("A", 1), ("NV", 1), ("not N", 1), ("Y", 2)]
)
def test_each_way_of_voting_has_its_category(cast: str, category: int) -> None:
    row = scored(made(), record([vote(2017, "N"), vote(2020, cast)])).votes.iloc[0]
    forecast = row[["no", "neither", "yes"]].to_numpy(dtype=float)
    assert row["vote"] == cast
    assert row["brier"] == pytest.approx(((forecast - np.eye(3)[category]) ** 2).sum())


@pytest.mark.parametrize(
    ("before", "cast", "informative"),
    [
        (["N", "N", "N"], "N", False),  # as last and as usual
        (["N", "N", "N"], "A", True),  # other than both
        (["A", "A", "A", "N"], "N", True),  # as last, not as usual
        (["N", "A", "A"], "N", True),  # other than last and usual
        (["A", "A", "A", "N"], "A", True),  # as usual, not as last
        (["A", "not N", "NV"], "A", False),  # all of them neither
    ],
)
def test_a_vote_other_than_the_last_or_the_usual_is_informative(
    before: list[str], cast: str, informative: bool
) -> None:
    votes = [vote(2010 + place, one) for place, one in enumerate(before)] + [vote(2019, cast)]
    assert scored(made(), record(votes)).votes["informative"].tolist() == [informative]


def test_the_last_vote_is_that_on_the_same_texts() -> None:
    votes = [vote(2015, "N"), vote(2016, "Y", "else"), vote(2019, "N")]
    row = scored(made(), record(votes)).votes.iloc[0]
    ways = np.array([0, 2])
    pooled = baselines.frequency(ways, 3)
    expected = baselines.last_vote(ways, np.array([True, False]), 3, pooled)
    assert row["rps_last_vote"] == pytest.approx(float(scores.rps(expected, 0)))
    frequency = baselines.frequency(ways, 3, pooled)
    assert row["rps_frequency"] == pytest.approx(float(scores.rps(frequency, 0)))


def test_votes_of_other_years_and_texts_are_left_out() -> None:
    votes = [vote(2017, "N"), vote(2018, "N"), vote(2021, "N"), vote(2019, "N", "other")]
    assert scored(made(), record(votes)).votes.empty


# Counts


def test_counts_have_the_log_score_of_the_ensemble_and_of_the_rate() -> None:
    table = scored(made(), off=made(count=np.zeros((2, 4)))).counts.set_index("year")
    assert table["observed"].to_dict() == {2019: 1, 2020: 0}
    assert table["expected"].to_dict() == {2019: 1.0, 2020: 0.25}
    for year, members in ((2019, [0, 1, 1, 2]), (2020, [0, 0, 0, 1])):
        expected = float(scores.log_score_counts(members, table.loc[year, "observed"]))
        assert table.loc[year, "log_score"] == pytest.approx(expected)
        none = float(scores.log_score_counts([0, 0, 0, 0], table.loc[year, "observed"]))
        assert table.loc[year, "log_score_off"] == pytest.approx(none)
    mass = baselines.counts_mass(list(COUNTS.values()), 12, rate=3 / 9)
    assert table.loc[2019, "log_score_frequency"] == pytest.approx(-np.log(mass[1]))
    assert table.loc[2020, "log_score_frequency"] == pytest.approx(-np.log(mass[0]))


# Together


def test_several_forecasts_make_one_table() -> None:
    empty = score(made(), record([]), record([]).until(2009), {})
    assert empty.quantities.empty
    assert empty.votes.empty
    assert empty.counts.empty
    both = Scored.of([empty, scored(made()), scored(made())])
    one = scored(made())
    assert len(both.quantities) == 2 * len(one.quantities)
    for table, single in (
        (both.quantities, one.quantities),
        (both.votes, one.votes),
        (both.counts, one.counts),
    ):
        pd.testing.assert_series_equal(table.dtypes, single.dtypes)
    assert Scored.of([empty, empty]).votes.columns.tolist() == empty.votes.columns.tolist()
