"""Moments of the record: those shipped are what it gives, and each statistic by hand."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim.case import Case, load_case
from sim.case.tables import Row
from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment.observables import observables, vote_observables
from sim.fit.record import Observed, shipped
from sim.fit.targets import LEAST, STATISTICS, Target, Years, moments, targets

ROOT = Path(__file__).resolve().parents[2]
CASE = load_case(ROOT / "calibration" / "central_asia")
ROWS = tuple(CASE.table("targets"))
BY_HAND = ("deals", "reexports", "influence", "concessions")  # values that somebody judged
FIRST, LAST = 2014, 2022


def label(row: Row) -> str:
    return row["target"]


@pytest.fixture(scope="module")
def record() -> Observed:
    return shipped(CASE)


@pytest.fixture(scope="module")
def wanted() -> list[str]:
    names = CASE.build().names
    return [one.name for one in observables(CASE, names) + vote_observables(CASE, names)]


@pytest.fixture(scope="module")
def found(wanted: list[str]) -> dict[str, Target]:
    return {one.name: one for one in targets(CASE, wanted, FIRST, LAST)}


def recorded(record: Observed, names: list[str], column: str = "value") -> Years:
    """The record as yearly values of one run."""
    years = tuple(range(FIRST, LAST + 1))
    values = np.full((len(names), len(years), 1), np.nan)
    table = record.values
    for place, name in enumerate(names):
        measure, country, power = [*name.split("."), "", ""][:3]
        some = table[
            (table["measure"] == measure)
            & (table["country"] == country)
            & (table["power"] == power)
            & table["year"].between(FIRST, LAST)
        ]
        values[place, some["year"].to_numpy() - FIRST, 0] = some[column]
    return Years(tuple(names), years, values)


def votes(record: Observed, row: Row) -> tuple[int, int]:
    """How many noes among how many roll calls."""
    cast = record.votes
    some = cast[
        (cast["country"] == row["country"])
        & (cast["text"] == row["text"])
        & cast["year"].between(row.number("from"), row.number("to"))
    ]
    return int((some["vote"] == "N").sum()), len(some)


def test_every_shipped_target_is_found(found: dict[str, Target]) -> None:
    assert list(found) == [row["target"] for row in ROWS]
    assert len(found) >= 60


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_each_target_says_where_it_is_from_and_what_it_is_for(row: Row) -> None:
    assert set(row["source"].split(";")) <= set(CASE.table("sources").codes)
    assert len(row["derivation"]) > 20
    assert "recalled" not in " ".join(row.cells.values()).lower()
    assert FIRST <= row.number("from") <= row.number("to") <= LAST
    assert all(int(year) <= LAST for year in row["years"].replace("-", ", ").split(", "))
    known = {parameter["name"]: parameter for parameter in CASE.table("parameters")}
    informs = row["informs"].split(";")
    assert informs
    assert set(informs) <= set(known)
    assert all(known[name]["distribution"] not in ("", "fixed") for name in informs)
    assert row["statistic"] in STATISTICS
    assert row.number("error") > 0


@pytest.mark.parametrize("row", [row for row in ROWS if row["group"] not in ("votes",)], ids=label)
def test_values_are_those_of_the_record(
    row: Row, record: Observed, found: dict[str, Target]
) -> None:
    one = found[row["target"]]
    if row["measure"] in BY_HAND:
        return
    value = one.of(recorded(record, list(one.observables)))[0]
    assert row.number("value") == pytest.approx(value, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["statistic"] in ("log_change", "difference")], ids=label
)
def test_errors_come_from_those_of_both_years(
    row: Row, record: Observed, found: dict[str, Target]
) -> None:
    if row["measure"] in BY_HAND:
        return
    (name,) = found[row["target"]].observables
    years = [int(row.number("from")), int(row.number("to"))]
    value, error = (
        recorded(record, [name], column).values[0, np.array(years) - FIRST, 0]
        for column in ("value", "error")
    )
    expected = (
        max(np.hypot(*(error / value)), 0.01)
        if row["statistic"] == "log_change"
        else np.hypot(*error)
    )
    assert row.number("error") == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("row", [row for row in ROWS if row["group"] == "votes"], ids=label)
def test_votes_are_shares_of_roll_calls(row: Row, record: Observed) -> None:
    noes, cast = votes(record, row)
    assert cast > 0
    assert row.number("value") == pytest.approx(noes / cast, abs=1e-5)
    sd = stats.beta(noes + 0.5, cast - noes + 0.5).std()
    assert row.number("error") == pytest.approx(sd, rel=1e-3)
    assert f"{noes} of {cast} roll calls" in row["derivation"]


def test_every_group_the_fit_needs_is_there() -> None:
    groups = {row["group"] for row in ROWS}
    assert groups == {
        "trade",
        "remittances",
        "routes",
        "votes",
        "coercion",
        "deals",
        "re-exports",
        "influence",
        "gdp",
    }


# Statistics by hand

VALUES = np.array(
    [
        [[1.0, 2.0], [3.0, 2.0], [4.0, 8.0]],
        [[10.0, 10.0], [0.0, 5.0], [0.0, 20.0]],
        [[0.0, 0.0], [1.0, 2.0], [3.0, 0.0]],
    ]
)
YEARS = Years(("a", "b", "c"), (2014, 2015, 2016), VALUES)


def target(statistic: str, *names: str, first: int = 2014, last: int = 2016) -> Target:
    return Target("t", "g", names, statistic, first, last, 0.0, 1.0, ())


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (target("log_change", "a"), np.log([4.0, 4.0])),
        (target("log_change", "a", first=2015), np.log([4 / 3, 4.0])),
        # What is less than a hundredth of the base year's value counts as so much.
        (target("log_change", "b", first=2014, last=2015), np.log([LEAST, 0.5])),
        (target("log_change", "b", first=2015), np.log([1.0, 4.0])),
        (target("log_change", "c", first=2015), [np.log(3.0), np.nan]),
        (target("log_change", "c"), [np.nan, np.nan]),
        (target("difference", "a"), [3.0, 6.0]),
        (target("difference", "a", first=2015), [1.0, 6.0]),
        (target("mean", "a", first=2015), [3.5, 5.0]),
        (target("mean", "a"), [8 / 3, 4.0]),
        (target("rate", "a", "c", first=2015), [3.5 + 2.0, 5.0 + 1.0]),
    ],
)
def test_statistics_by_hand(one: Target, expected: Array) -> None:
    np.testing.assert_allclose(one.of(YEARS), expected, rtol=1e-12)


def test_moments_are_one_column_a_target() -> None:
    both = [target("difference", "a"), target("mean", "b")]
    np.testing.assert_allclose(moments(both, YEARS), [[3.0, 10 / 3], [6.0, 35 / 3]])


def test_what_was_not_observed_has_no_moment() -> None:
    gap = VALUES.copy()
    gap[0, 2, 0] = np.nan
    years = Years(YEARS.names, YEARS.years, gap)
    for statistic in STATISTICS:
        found = target(statistic, "a").of(years)
        assert np.isnan(found[0]), statistic
        assert np.isfinite(found[1]), statistic


# What is refused, and which years count


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[dict[str, str]], Case]:
    """The shipped case with its first target changed; or without targets."""

    def edit(changes: dict[str, str] | None) -> Case:
        folder = tmp_path / "case"
        shutil.copytree(CASE.folder, folder)
        path = folder / "targets.csv"
        if changes is None:
            path.unlink()
            return load_case(folder)
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        rows[0] |= changes
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return load_case(folder)

    return edit


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"statistic": "log_chnge"},
            r"targets\.csv:2: column 'statistic': .*'log_chnge'.*log_change",
        ),
        (
            {"measure": "trade_shar"},
            r"targets\.csv:2: target trade_share_KAZ_RUS_2014_2016: no observable fits measure "
            r"'trade_shar', country 'KAZ', power 'RUS'; needed: one",
        ),
        (
            {"country": ""},
            r"targets\.csv:2: .*: 5 observables fit measure 'trade_share', country '', power "
            r"'RUS'; needed: one",
        ),
        ({"from": ""}, r"targets\.csv:2: column 'from': found nothing; a year is needed"),
        ({"to": "2013"}, r"targets\.csv:2: column 'to': found 2013; allowed: 2015 or later"),
        ({"to": "2014"}, r"targets\.csv:2: column 'to': found 2014; allowed: 2015 or later"),
        (
            {"statistic": "mean", "to": "2013"},
            r"targets\.csv:2: column 'to': found 2013; allowed: 2014 or later",
        ),
    ],
)
def test_bad_rows(
    changes: dict[str, str],
    message: str,
    edited: Callable[[dict[str, str] | None], Case],
    wanted: list[str],
) -> None:
    with pytest.raises(InputError, match=message):
        targets(edited(changes), wanted, FIRST, LAST)


def test_a_case_without_targets_is_refused(
    edited: Callable[[dict[str, str] | None], Case], wanted: list[str]
) -> None:
    with pytest.raises(InputError, match=r"case case has no targets\.csv to be fitted to"):
        targets(edited(None), wanted, FIRST, LAST)


def test_only_moments_within_the_years_count(wanted: list[str], found: dict[str, Target]) -> None:
    early = targets(CASE, wanted, 2014, 2018)
    assert early == [one for one in found.values() if one.last <= 2018]
    late = targets(CASE, wanted, 2018, 2022)
    assert late == [one for one in found.values() if one.first >= 2018]
    assert 0 < len(late) < len(found)


def test_a_target_without_a_country_is_of_all(found: dict[str, Target]) -> None:
    assert found["coercion_CHN_2015_2018"].observables == tuple(
        f"coercion.{country}.CHN" for country in ("KAZ", "KGZ", "TJK", "TKM", "UZB")
    )
    assert found["vote_no_human_rights_KAZ_2015_2018"].observables == ("vote_no.human_rights.KAZ",)
