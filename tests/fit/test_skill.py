"""Tables of skill and coverage from scores whose skill is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.fit.skill import (
    ALL,
    DOUBTFUL,
    count_skill,
    coverage_table,
    others,
    quantity_skill,
    vote_skill,
    without_a_year,
)


def quantities(number: int = 12) -> pd.DataFrame:
    """Two families; the second of larger figures, one series of it doubtful."""
    rng = np.random.default_rng(1)
    frames = []
    for family, unit in (("shares", 0.1), ("volumes", 100.0)):
        for series in range(number):
            frames.append(
                pd.DataFrame(
                    {
                        "family": family,
                        "observable": f"{family}{series}",
                        "year": [2019, 2020],
                        "doubtful": family == "volumes" and series == 0,
                        "unit_change": unit,
                        "crps_base": unit * rng.uniform(0.5, 1.5, 2),
                        "quantile": rng.uniform(size=2),
                    }
                )
            )
    table = pd.concat(frames, ignore_index=True)
    table["crps"] = table["crps_base"]
    return table


def test_a_perfect_forecast_has_skill_one_and_an_equal_one_nought() -> None:
    table = quantities().assign(crps_perfect=1.0)
    equal = quantity_skill(table, ["base"])
    np.testing.assert_allclose(equal[["skill", "low", "high"]], 0.0, atol=1e-12)
    perfect = quantity_skill(table.assign(crps=0.0), ["base"])
    np.testing.assert_allclose(perfect[["skill", "low", "high"]], 1.0)
    assert list(equal["family"]) == [ALL, "shares", "volumes", DOUBTFUL]
    assert list(equal["series"]) == [23, 12, 11, 24]
    assert list(equal["figures"]) == [46, 24, 22, 48]


def test_families_have_the_same_weight_whatever_their_units() -> None:
    table = quantities()
    half = table["family"] == "shares"
    table.loc[half, "crps"] = 0.0
    found = quantity_skill(table, ["base"]).set_index("family")["skill"]
    assert found["shares"] == 1.0
    assert found["volumes"] == 0.0
    means = table[~table["doubtful"]].groupby("family")
    scaled = means.apply(lambda part: (part["crps_base"] / part["unit_change"]).mean())
    assert found[ALL] == pytest.approx(scaled["shares"] / scaled.sum())


def test_doubtful_figures_count_in_a_row_of_their_own() -> None:
    table = quantities()
    table.loc[table["doubtful"], "crps"] *= 50
    found = quantity_skill(table, ["base"]).set_index("family")["skill"]
    assert found[ALL] == pytest.approx(0.0, abs=1e-12)
    assert found[DOUBTFUL] < -0.5
    trusted = quantities()[lambda frame: ~frame["doubtful"]]
    assert DOUBTFUL not in set(quantity_skill(trusted, ["base"])["family"])


def test_intervals_of_skill_hold_it_and_are_wider_with_fewer_series() -> None:
    rng = np.random.default_rng(3)
    widths = []
    for number in (6, 60):
        table = quantities(number)
        table["crps"] = table["crps_base"] * rng.uniform(0.2, 1.2, len(table))
        row = quantity_skill(table, ["base"]).iloc[0]
        assert row["low"] < row["skill"] < row["high"]
        widths.append(row["high"] - row["low"])
    assert widths[0] > 2 * widths[1]


def test_figures_without_a_score_of_the_baseline_are_left_out() -> None:
    table = quantities()
    table.loc[table["family"] == "volumes", "crps_base"] = np.nan
    found = quantity_skill(table, ["base"])
    assert list(found["family"]) == [ALL, "shares", DOUBTFUL]
    assert list(found["figures"]) == [24, 24, 24]


def test_skill_without_a_year() -> None:
    table = quantities()
    table.loc[table["year"] == 2019, "crps"] = 0.0
    found = without_a_year(table, "base").set_index("left_out")
    assert found.loc[2019, "skill"] == pytest.approx(0.0, abs=1e-12)
    assert found.loc[2020, "skill"] == pytest.approx(1.0)
    assert list(found["cases"]) == [23, 23]


def test_coverage_of_known_hits() -> None:
    table = quantities().assign(
        inside_50=[True, False] * 24,
        inside_80=[True, True, True, False] * 12,
        inside_95=True,
        inside_80_persistence=False,
    )
    table["quantile"] = [0.9, 0.6, 0.7, 0.2] * 12
    found = coverage_table(table).set_index("family")
    assert list(found.index) == [ALL, "shares", "volumes", DOUBTFUL]
    shares = found.loc["shares"]
    assert shares["inside_50"] == 0.5
    assert shares["inside_80"] == 0.75
    assert shares["inside_95"] == 1.0
    assert shares["inside_80_persistence"] == 0.0
    assert shares["above_median"] == 0.75
    assert shares["figures"] == 24
    assert found.loc[ALL, "figures"] == 46


def votes() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "country": ["AVA", "BOR", "CIM"] * 8,
            "text": ["law"] * 12 + ["rights"] * 12,
            "informative": [True] * 6 + [False] * 18,
            "rps_last_vote": rng.uniform(0.1, 0.9, 24),
            "brier_last_vote": rng.uniform(0.1, 0.9, 24),
        }
    )
    return table.assign(rps=0.5 * table["rps_last_vote"], brier=table["brier_last_vote"])


def test_votes_over_all_and_over_the_informative_cases() -> None:
    table = votes()
    table.loc[table["informative"], "rps"] = 0.0
    found = vote_skill(table, ["last_vote"]).set_index("cases")
    assert list(found["votes"]) == [24, 6]
    assert found.loc["informative", "rps_skill"] == 1.0
    expected = 1 - table["rps"].sum() / table["rps_last_vote"].sum()
    assert found.loc[ALL, "rps_skill"] == pytest.approx(expected)
    assert found.loc[ALL, "rps"] == pytest.approx(table["rps"].mean())
    assert found.loc[ALL, "rps_baseline"] == pytest.approx(table["rps_last_vote"].mean())
    assert (found["rps_low"] <= found["rps_skill"]).all()
    assert (found["rps_skill"] <= found["rps_high"]).all()
    np.testing.assert_allclose(found[["brier_skill", "brier_low", "brier_high"]], 0, atol=1e-12)


def test_votes_without_an_informative_case() -> None:
    found = vote_skill(votes().assign(informative=False), ["last_vote"])
    assert list(found["cases"]) == [ALL]


def counts() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    base = rng.uniform(0.1, 1.0, 40)
    return pd.DataFrame(
        {
            "observable": [f"c{number % 10}" for number in range(40)],
            "observed": [1, 0, 0, 0] * 10,
            "expected": 0.3,
            "log_score_frequency": base,
            "log_score": base - 0.2,
        }
    )


def test_counts_tell_what_is_saved() -> None:
    row = count_skill(counts(), ["frequency"]).iloc[0]
    np.testing.assert_allclose(row[["saved", "low", "high"]].to_numpy(dtype=float), 0.2)
    assert row["happened"] == 10
    assert row["expected"] == pytest.approx(12.0)
    assert row["figures"] == 40
    table = counts()
    table["log_score"] += np.random.default_rng(1).normal(0, 0.3, 40)
    one, two = (count_skill(table, ["frequency"]).iloc[0] for _ in range(2))
    assert one["low"] < one["saved"] < one["high"]
    assert one.equals(two)


def test_names_of_what_is_scored_beside() -> None:
    assert others(quantities(), "crps") == ["base"]
    assert others(counts(), "log_score") == ["frequency"]
    assert others(votes(), "rps") == ["last_vote"]


def test_nothing_scored_gives_empty_tables() -> None:
    for table in (
        quantity_skill(quantities().iloc[:0], ["base"]),
        coverage_table(quantities().iloc[:0]),
        without_a_year(quantities().iloc[:0], "base"),
        vote_skill(votes().iloc[:0], ["last_vote"]),
        count_skill(counts().iloc[:0], []),
    ):
        assert table.empty
        assert len(table.columns) > 0
