"""Stored forecasts against later files: what is matched, anchored and left out."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.case import Case, load_case
from sim.cli.main import main
from sim.core.errors import InputError
from sim.experiment.result import Result, load
from sim.fit.derive import make_tables
from sim.fit.observed_format import COLUMNS, Measure
from sim.fit.record import shipped
from sim.fit.reports import RATIO, base_outcomes, shipped_reports
from sim.fit.scoring import score
from sim.fit.truth import Verdict, score_result, stored_forecast
from sim.fit.verdict import verdict_page, verdict_tables, write_verdict

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "calibration" / "central_asia"
OBSERVED = ROOT.parent / "shared" / "observed"
RUNS = 120
SCENARIO = """
title = "{title}"
question = "What would have been said then?"
case = "{case}"
as_of = "{base}Q4"
runs = {runs}
seed = 3
[horizon]
start = "{first}Q1"
end = "{last}Q4"
[[path]]
driver = "preference"
form = "noise"
persistence = 0.9
sigma = 0.05
reason = "Shares that move whether or not the case says so"
source = "a test"
"""
WORDS = {
    "cepii-baci": "CEPII BACI HS92, new edition",
    "kaz-bns": "Kazakhstan Bureau of National Statistics, Main indicators (a later table)",
    "kgz-nsc": "derived: National Statistical Committee of the Kyrgyz Republic",
    "us-census": "US Census Bureau, Foreign Trade Division (another year)",
    "chn-gacc": "General Administration of Customs of China (press)",
    "uzb-stat": "Uzbekistan Statistics Agency",
    "rus-government": "press: Russian government / national statements",
    "worldbank-wdi": "World Bank, WDI, a later snapshot",
    "worldbank-remittances": "World Bank, WDI BX.TRF.PWKR.DT.GD.ZS (a later vintage)",
    "energy-review": "Energy Institute Statistical Review of World Energy, a later edition",
    "gazprom": "Gazprom annual report",
    "kaz-energy": "Kazakhstan Ministry of Energy",
    "titr": "Trans-Caspian International Transport Route association",
}

Row = Mapping[str, object]


def row(
    country: str,
    partner: str,
    series: str,
    period: object,
    value: object,
    source: str,
    unit: str = "USD million",
    confidence: str = "high",
    note: str = "",
) -> Row:
    cells = (country, partner, series, period, value, unit, source, "", confidence, note)
    return dict(zip(COLUMNS, cells, strict=True))


def write(folder: Path, **files: Iterable[Row]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in files.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as text:
            told = list(rows)
            writer = csv.DictWriter(text, list(told[0]) if told else COLUMNS)
            writer.writeheader()
            writer.writerows(told)
    return folder


def trade(
    country: str, partner: str, years: Mapping[int, float], source: str, **more: str
) -> list[Row]:
    words = WORDS.get(source, source)
    return [
        row(country, partner, "goods_trade_total", year, value, words, **more)
        for year, value in years.items()
    ]


def made(folder: Path, case: Path, base: int, last: int, *names: str) -> Result:
    paths = []
    for name in names:
        path = folder / f"{name}.toml"
        text = SCENARIO.format(
            title=name, case=case.as_posix(), base=base, first=base + 1, last=last, runs=RUNS
        )
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    options = ["--no-pictures", "--jobs", "1", "--trajectories", "none", "--parameters", "point"]
    assert main(["batch", *paths, *options, "--out", str(folder / "result")]) == 0
    return load(folder / "result")


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(CASE)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A forecast of 2023 to 2025."""
    return made(tmp_path_factory.mktemp("late"), CASE, 2022, 2025, "late")


def matched(verdict: Verdict, name: str) -> dict[int, pd.Series]:
    found = verdict.matched[verdict.matched["observable"] == name]
    return {one["year"]: one for _, one in found.iterrows()}


def told(verdict: Verdict, *words: str) -> bool:
    return any(all(word in line for word in words) for line in verdict.unmatched)


# ---------------------------------------------------------------- anchors come from one reporter


def test_each_reporter_is_set_against_its_own_past(
    result: Result, case: Case, tmp_path: Path
) -> None:
    """The United States and Kazakhstan tell different stories of their trade in 2022."""
    rows = trade("KAZ", "USA", {2023: 4000}, "us-census")
    rows += trade("KAZ", "USA", {2024: 4000}, "kaz-bns")
    verdict = score_result(result, write(tmp_path, trade_bilateral=rows), case)
    found = matched(verdict, "trade_usd.KAZ.USA")
    known = {
        one.source: one.value
        for one in shipped_reports(case)
        if one.name == "trade_usd.KAZ.USA" and one.year == 2022
    }
    assert known["us-census"] > 1.1 * known["kaz-bns"]
    for year, source in ((2023, "us-census"), (2024, "kaz-bns")):
        assert found[year]["source"] == source
        assert found[year]["anchor"] == pytest.approx(known[source])
        assert found[year]["anchored_on"] == "the case"
    scores = verdict.scored.quantities.set_index("year")
    _, forecast, _ = stored_forecast(result)
    for year, source in ((2023, "us-census"), (2024, "kaz-bns")):
        ensemble = forecast.anchored("trade_usd.KAZ.USA", year, known[source])
        assert scores.loc[year, "quantile"] == pytest.approx(np.mean(ensemble < 4.0))


def test_the_folders_own_past_goes_before_the_cases(
    result: Result, case: Case, tmp_path: Path
) -> None:
    """A later vintage may have revised the base year."""
    rows = trade("KAZ", "USA", {2021: 6000, 2022: 7000, 2023: 8000}, "us-census")
    verdict = score_result(result, write(tmp_path, trade_bilateral=rows), case)
    found = matched(verdict, "trade_usd.KAZ.USA")
    assert list(found) == [2023]
    assert found[2023]["anchor"] == pytest.approx(7.0)
    assert found[2023]["anchored_on"] == "the folder"
    # The years that the folder lacks are joined on, at the level of the nearest year of both.
    assert found[2023]["history"] == (
        "13 years, 2010 to 2022, 11 of them joined on from the case's series"
    )


def test_without_a_figure_of_the_base_year_nothing_is_scored(
    result: Result, case: Case, tmp_path: Path
) -> None:
    rows = trade("KGZ", "CHN", {2023: 20_000}, "chn-gacc")
    rows += trade("KGZ", "CHN", {2023: 4_000}, "kgz-nsc")
    rows += trade("TJK", "CHN", {2023: 3_000, 2024: 3_100}, "a ministry that nobody knows")
    verdict = score_result(result, write(tmp_path, trade_bilateral=rows), case)
    assert matched(verdict, "trade_usd.KGZ.CHN")[2023]["source"] == "kgz-nsc"
    assert not matched(verdict, "trade_usd.TJK.CHN")
    assert told(
        verdict,
        "trade_usd: 2 figures by a ministry that nobody knows without a figure of 2022 by the "
        "same reporter to be set against: TJK.CHN 2023, TJK.CHN 2024",
    )


def test_an_unknown_reporter_serves_if_the_folder_tells_its_past(
    result: Result, case: Case, tmp_path: Path
) -> None:
    rows = trade("TJK", "CHN", {2022: 2_000, 2023: 3_000}, "a ministry that nobody knows")
    verdict = score_result(result, write(tmp_path, trade_bilateral=rows), case)
    assert matched(verdict, "trade_usd.TJK.CHN")[2023]["anchor"] == pytest.approx(2.0)


def test_shares_need_the_whole_from_the_same_reporter(
    result: Result, case: Case, tmp_path: Path
) -> None:
    rows = trade("KAZ", "RUS", {2023: 26_000, 2024: 27_000}, "kaz-bns")
    rows += trade("KAZ", "WLD", {2023: 130_000}, "kaz-bns")
    rows += trade("KAZ", "WLD", {2024: 130_000}, "aze-customs")
    verdict = score_result(result, write(tmp_path, trade_bilateral=rows), case)
    found = matched(verdict, "trade_share.KAZ.RUS")
    assert list(found) == [2023]
    assert found[2023]["value"] == pytest.approx(0.2)
    assert told(verdict, "trade_share: left out 1 rows: the same reporter gives no figure of WLD")
    assert list(matched(verdict, "trade_usd.KAZ.RUS")) == [2023, 2024]


def test_series_of_a_reporter_that_disagree_are_kept_apart(
    result: Result, case: Case, tmp_path: Path
) -> None:
    """Uzbek output was revised in one of two series: each follows on its own."""
    rows = [
        row("UZB", "", "gdp_current_usd", 2023, 90e9, WORDS["worldbank-wdi"], "USD"),
        row("KAZ", "", "gdp_current_usd", 2023, 260e9, WORDS["worldbank-wdi"], "USD"),
    ]
    verdict = score_result(result, write(tmp_path, macro=rows), case)
    anchors = {
        (one.country, one.series): one.value
        for one in shipped_reports(case)
        if one.measure == "gdp_usd" and one.year == 2022
    }
    assert anchors["UZB", "gdp_current_usd_implied"] > 1.1 * anchors["UZB", "gdp_current_usd"]
    found = matched(verdict, "gdp_usd.UZB")[2023]
    assert found["anchor"] == pytest.approx(anchors["UZB", "gdp_current_usd"])


def test_series_of_a_reporter_that_agree_stand_for_each_other(
    result: Result, case: Case, tmp_path: Path
) -> None:
    rows = [
        row("KAZ", "CHN", "goods_trade_total_preferred", 2023, 30_000, WORDS["kaz-bns"]),
    ]
    assert not any(
        one.series == "goods_trade_total_preferred"
        for one in shipped_reports(case)
        if (one.name, one.source) == ("trade_usd.KAZ.CHN", "kaz-bns")
    )
    verdict = score_result(result, write(tmp_path, preferred_trade_panel=rows), case)
    assert matched(verdict, "trade_usd.KAZ.CHN")[2023]["source"] == "kaz-bns"
    lone = [
        row("UZB", "", "gdp_current_usd", 2023, 90e9, "A bank", "USD"),
        row("UZB", "", "gdp_current_usd_implied", 2022, 90e9, "A bank", "USD"),
        row("UZB", "", "gdp_current_usd_implied", 2021, 80e9, "A bank", "USD"),
        row("UZB", "", "gdp_current_usd", 2021, 70e9, "A bank", "USD"),
    ]
    with pytest.raises(InputError, match="without a figure of 2022 by the same"):
        score_result(result, write(tmp_path / "lone", macro=lone), case)


def test_volumes_known_as_a_ratio_only(result: Result, case: Case, tmp_path: Path) -> None:
    """Of some sources no levels are shipped; the ratio to the model's base year stands for them."""
    shippable = [one for one in case.table("reporters") if one["source"] == "energy-review"]
    assert {(one["unit"], one.year) for one in shippable} == {(RATIO, 2022)}
    rows = [
        row("TKM", "CHN", "pipeline_gas_exports", 2023, 31.0, WORDS["energy-review"], "bcm"),
    ]
    verdict = score_result(result, write(tmp_path, pipelines_routes=rows), case)
    found = matched(verdict, "gas_tkm_china")[2023]
    ratio = next(one for one in shippable if one["measure"] == "gas_tkm_china").number("value")
    assert found["anchor"] == pytest.approx(ratio * base_outcomes(case)["gas_tkm_china"])
    assert found["value"] == 31.0


def test_figures_shipped_by_reporter(case: Case) -> None:
    """Up to the base year, of sources that the case names; ratios where levels are not ours."""
    units = {one["measure"]: one["unit"] for one in case.table("measures")}
    licences = {one["id"]: one["licence"] for one in case.table("sources")}
    for one in case.table("reporters"):
        derived = units[one["measure"]] == "index" or licences[one["source"]].startswith("derived")
        assert one["unit"] == (RATIO if derived else units[one["measure"]]), one.line
        assert one.year == 2022 if derived else one.year <= 2022, one.line


@pytest.mark.skipif(
    not OBSERVED.is_dir(), reason="the observed series are not beside this checkout"
)
def test_figures_shipped_by_reporter_are_those_observed(case: Case) -> None:
    stored = pd.DataFrame([one.cells for one in case.table("reporters")])
    made_now = make_tables(OBSERVED, case)["reporters"]
    pd.testing.assert_frame_equal(stored[list(made_now)], made_now, check_dtype=False)


# --------------------------------------------------------------------------- odd and partial files


def test_what_cannot_be_used_is_counted(result: Result, case: Case, tmp_path: Path) -> None:
    census = WORDS["us-census"]
    rows = [
        *trade("KAZ", "USA", {2023: 4000}, "us-census"),
        *trade("KAZ", "USA", {2023: 4100}, "us-census"),  # a second time
        *trade("KAZ", "USA", {2024: 4200}, "us-census", confidence="fairly high"),
        *trade("KAZ", "USA", {2026: 4000}, "us-census"),
        *trade("KAZ", "CHN", {2023: 40_000}, "recalled: customs of China"),
        *trade("KAZ", "BRA", {2023: 40}, "kaz-bns"),
        *trade("AFG", "USA", {2023: 40}, "us-census"),
        *trade("AZE", "USA", {2023: 400}, "us-census"),
        *trade("KAZ", "RUS", {2023: 24_000}, "kaz-bns", unit="EUR million"),
        row("KAZ", "USA", "goods_trade_total", "2025Q1", 900, census),
        row("KAZ", "USA", "goods_trade_total", "soon", 900, census),
        row("KAZ", "USA", "goods_trade_total", 2025, "n/a", census),
        row("KAZ", "USA", "moon_trade", 2023, 1, census),
    ]
    folder = write(tmp_path, trade_bilateral=rows, macro=[], strange=rows[:1])
    verdict = score_result(result, folder, case)
    found = matched(verdict, "trade_usd.KAZ.USA")
    assert {year: one["value"] for year, one in found.items()} == {2023: 4.0, 2024: 4.2}
    assert found[2023]["row"] == "trade_bilateral.csv:2"
    assert len(verdict.matched) == 2
    for line in (
        "trade_usd: there is no file preferred_trade_panel.csv",
        "remittances_usd: there is no file remittances.csv",
        "gdp_usd: no row after 2022 in macro.csv",
        "trade_bilateral.csv: 1 rows left out: the period is no date",
        "trade_bilateral.csv: 1 rows left out: the value is no number",
        "trade_bilateral.csv: 1 rows with a confidence that is none of high, medium, low; low is "
        "taken",
        "trade_usd: left out 1 rows: another of the same reporter, series and year counts",
        "trade_usd: left out 1 rows: from memory",
        "trade_usd: left out 1 rows: no power of the case: BRA",
        "trade_usd: left out 1 rows: no country of the case: AFG",
        "trade_usd: left out 1 rows: not in USD million",
        "trade_usd: left out 1 rows: not of a whole year",
        "trade_usd: 1 figure of what the forecast does not simulate: AZE.USA",
        "trade_usd: 1 figure of years that the forecast does not reach: 2026",
        "trade_bilateral.csv: no measure answers to 1 rows: moon_trade",
        "strange.csv: no measure answers to 1 rows: goods_trade_total",
    ):
        assert line in verdict.unmatched, line


def test_order_of_files_and_further_columns_do_not_matter(
    result: Result, case: Case, tmp_path: Path
) -> None:
    rows = trade("KAZ", "USA", {2023: 4000, 2024: 4500}, "us-census")
    rows += trade("KAZ", "RUS", {2023: 26_000}, "kaz-bns")
    plain = score_result(result, write(tmp_path / "plain", trade_bilateral=rows), case)
    more = [{"colour": "red", **dict(reversed(one.items()))} for one in reversed(rows)]
    odd = score_result(result, write(tmp_path / "odd", trade_bilateral=more), case)
    columns = ["observable", "year", "crps", "crps_persistence", "crps_drift", "source"]
    pd.testing.assert_frame_equal(plain.scored.quantities[columns], odd.scored.quantities[columns])


def vote(country: str, resolution: str, cast: str, note: str, **more: str) -> Row:
    source = more.pop("source", "UN Digital Library")
    date = more.pop("date", "2023-05-05")
    return row(country, "UKR/RUS", f"unga_vote:{resolution}", date, cast, source, note=note, **more)


def test_roll_calls_never_seen(result: Result, case: Case, tmp_path: Path) -> None:
    """Invented resolutions are put to a text by their titles."""
    rows = [
        vote("KAZ", "A/RES/X/1", "A", "A lasting peace; 100-5-40"),
        vote("KGZ", "A/RES/X/1", "NV", ""),  # the title stands with another country
        vote("KAZ", "A/RES/X/1", "A", "A lasting peace; 100-5-40"),
        vote("KGZ", "A/RES/X/1", "Y", ""),
        vote("KAZ", "A/RES/X/2", "N", "Human rights in an occupied place"),
        vote("UZB", "A/RES/X/3", "N", "Suspension of a member"),
        vote("TJK", "A/RES/X/4", "A", ""),
        vote("RUS", "A/RES/X/1", "N", "A lasting peace"),
        vote("UZB", "A/RES/X/1", "N", "A lasting peace", source="recalled: press"),
        vote("TJK", "A/RES/X/1", "perhaps", "A lasting peace"),
        vote("AZE", "A/RES/X/1", "Y", "A lasting peace"),
        vote("KAZ", "A/RES/X/9", "A", "A lasting peace", date="2031-01-01"),
        vote("KAZ", "A/RES/ES-11/1", "A", "Aggression", date="2022-03-02"),
    ]
    verdict = score_result(result, write(tmp_path, unga_ukraine_votes=rows), case)
    votes = verdict.scored.votes.set_index(["resolution", "country"])
    texts = {key: one["text"] for key, one in votes.iterrows()}
    assert texts == {
        ("A/RES/X/1", "KAZ"): "sovereignty",
        ("A/RES/X/1", "KGZ"): "sovereignty",
        ("A/RES/X/2", "KAZ"): "human_rights",
        ("A/RES/X/3", "UZB"): "suspension",
        ("A/RES/X/4", "TJK"): "sovereignty",
    }
    assert votes.loc[("A/RES/X/1", "KGZ"), "vote"] == "NV"
    for line in (
        "votes: left out 1 rows: the same vote has another row before it",
        "votes: left out 1 rows: the same vote has another row before it, with NV for Y",
        "votes: left out 1 rows: no country of the case: RUS",
        "votes: left out 1 rows: from memory",
        "votes: left out 1 rows: 'perhaps' is none of Y, A, N, NV, not N",
        "votes: A/RES/X/4 has no title; it counts as one of the first texts, sovereignty",
        "votes: 1 of countries or texts that the forecast does not simulate: AZE on sovereignty",
        "votes: 1 of years that the forecast does not reach: 2031",
    ):
        assert line in verdict.unmatched, line


def episode(country: str, partner: str, period: str, source: str = "A paper") -> Row:
    series = "coercion_episode:import_ban"
    return row(country, partner, series, period, 1, source, "event")


def test_episodes_cover_the_years_up_to_the_last_dated_row(
    result: Result, case: Case, tmp_path: Path
) -> None:
    rows = [
        episode("KAZ", "RUS", "2024-02-01"),
        episode("KAZ", "RUS", "2024-07"),
        episode("KGZ", "CHN", "2024"),
        episode("UZB", "RUS", "2024-03-03", "recalled"),
    ]
    verdict = score_result(result, write(tmp_path, coercion_episodes=rows), case)
    counts = verdict.scored.counts.set_index(["observable", "year"])["observed"]
    assert set(counts.index.get_level_values("year")) == {2023, 2024}
    assert counts[counts > 0].to_dict() == {
        ("coercion.KAZ.RUS", 2024): 2,
        ("coercion.KGZ.CHN", 2024): 1,
    }
    assert verdict.notes[-1:] == (
        "coercion: counted from 2023 to the year of the last dated row, 2024; if that year was not "
        "over, its count is too low.",
    )
    assert "coercion: left out 1 rows: from memory" in verdict.unmatched


# ------------------------------------------------------------------------------- is it calibrated


def truth_of_run(case: Case, result: Result, run: int, shares: bool) -> dict[str, list[Row]]:
    """What one run of the forecast says, told by the reporters of the base year.

    Shares are told as parts of a whole that does not move, so that their values mean nothing.
    """
    _, forecast, _ = stored_forecast(result)
    measures = {one["measure"]: Measure.of(one) for one in case.table("measures")}
    partners = {one["code"]: one["record"] for one in case.table("record_codes")}
    files: dict[str, list[Row]] = {}
    seen = set()
    for one in shipped_reports(case):
        measure = measures[one.measure]
        place = forecast.years.names.index(one.name) if one.name in forecast.years.names else -1
        wanted = bool(measure.per) == shares and (
            not shares or one.source in ("kaz-bns", "kgz-nsc")
        )
        if one.year != 2022 or place < 0 or not wanted or one.name in seen:
            continue
        seen.add(one.name)
        path = forecast.years.values[place, :, run]
        if not path[0] > 0:
            continue
        for year, value in zip(forecast.years.years[1:], path[1:], strict=True):
            told_value = one.value * value / path[0] / measure.scale
            partner = measure.partner or partners.get(one.power, one.power)
            file = files.setdefault(measure.files[-1], [])
            unit, source = measure.observed_unit, WORDS[one.source]
            country = measure.country or one.country
            if shares:
                told_value *= 1e5
                file.append(row(country, "WLD", one.series, year, 1e5, source, unit))
            file.append(row(country, partner, one.series, year, told_value, source, unit))
    return files


@pytest.mark.parametrize("shares", [False, True])
def test_a_forecast_is_calibrated_to_its_own_runs(
    result: Result, case: Case, tmp_path: Path, shares: bool
) -> None:
    """One run's future, told by reporters, falls anywhere in the forecast with equal chances.

    A share of a whole that never moves makes no sense as a value, so that either is looked at.
    Figures of one run go together, so that the run is the unit: the mean over runs of the share
    covered lies within 4 standard errors over runs of the level (8 runs: 1 in 200 at most), with
    the few hundredths that quantiles of a finite ensemble cost.
    """
    covered, places = [], []
    for run in range(0, RUNS, 15):
        folder = write(tmp_path / str(run), **truth_of_run(case, result, run, shares))
        scores = score_result(result, folder, case).scored.quantities
        scores = scores[(scores["family"] == "trade_share") == shares]
        assert len(scores) > (25 if shares else 90)
        covered.append(scores[["inside_50", "inside_80", "inside_95"]].mean())
        places.append(scores["quantile"].mean())
    mean, error = pd.DataFrame(covered).mean(), pd.DataFrame(covered).sem()
    for level in (50, 80, 95):
        assert abs(mean[f"inside_{level}"] - level / 100) < 4 * error[f"inside_{level}"] + 0.02
    assert abs(np.mean(places) - 0.5) < 4 * np.std(places, ddof=1) / np.sqrt(len(places))
    assert mean["inside_50"] < 0.75


# ------------------------------------------------------------------------- with the years observed


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A forecast of 2019 to 2022."""
    return made(tmp_path_factory.mktemp("earlier"), CASE, 2018, 2022, "earlier")


@pytest.mark.skipif(
    not OBSERVED.is_dir(), reason="the observed series are not beside this checkout"
)
def test_years_observed_score_as_the_cases_record_does(earlier: Result, case: Case) -> None:
    verdict = score_result(earlier, OBSERVED, case)
    _, forecast, _ = stored_forecast(earlier)
    record = shipped(case)
    theirs = score(forecast, record.until(2022), record.until(2018))
    keys = ["observable", "year"]
    both = verdict.scored.quantities.merge(theirs.quantities, on=keys, suffixes=("", "_record"))
    assert len(both) >= 0.95 * len(theirs.quantities)
    single = {
        (".".join(filter(None, (one["measure"], one["country"], one["power"]))), one["year"]): one[
            "source"
        ]
        for one in record.values.to_dict("records")
    }
    same = [
        single[one["observable"], one["year"]]
        == one["source"]
        == single.get((one["observable"], 2018))
        for one in both.to_dict("records")
    ]
    assert sum(same) > 100
    alike = both[same]
    growth = alike["observed"] / alike["anchor"]
    assert growth.to_numpy() == pytest.approx(
        (alike["observed_record"] / alike["anchor_record"]).to_numpy(), rel=1e-4
    )
    # A tie or a last digit moves a quantile by one run.
    assert (alike["quantile"] - alike["quantile_record"]).abs().max() < 1.5 / RUNS
    for name in ("crps", "crps_persistence", "crps_drift"):
        ours, told_by_record = (
            (alike[column] / alike[anchor]).to_numpy()
            for column, anchor in ((name, "anchor"), (f"{name}_record", "anchor_record"))
        )
        assert np.median(np.abs(ours - told_by_record)) < 1e-3
    pd.testing.assert_frame_equal(
        verdict.scored.votes.sort_values(["resolution", "country"]).reset_index(drop=True),
        theirs.votes.sort_values(["resolution", "country"]).reset_index(drop=True),
    )
    counts = verdict.scored.counts.merge(theirs.counts, on=keys, suffixes=("", "_record"))
    assert len(counts) == len(theirs.counts)
    assert (counts["observed"] == counts["observed_record"]).all()
    assert counts["log_score"].to_numpy() == pytest.approx(counts["log_score_record"].to_numpy())
    assert told(verdict, "from memory")
    page = verdict_page(verdict)
    for words in ("A/RES/ES-11/3 (2022, as suspension)", "| gdp |", "informative", "worst misses"):
        assert words in page
    assert set(verdict_tables(verdict)["skill"]["kind"]) == {"quantity", "vote", "count"}


# ------------------------------------------------------------------------------------ what is said


def test_a_case_that_has_changed_is_told(result: Result, tmp_path: Path) -> None:
    changed = tmp_path / "central_asia"
    shutil.copytree(CASE, changed)
    with (changed / "record_codes.csv").open("a", encoding="utf-8") as text:
        text.write("Statistics of nowhere,titr,Words in the name of a source\n")
    rows = trade("KAZ", "USA", {2023: 4000}, "us-census")
    folder = write(tmp_path / "truth", trade_bilateral=rows)
    verdict = score_result(result, folder, load_case(changed))
    assert any(note.startswith("120 runs are few: intervals and scores") for note in verdict.notes)
    assert any(note.startswith("The runs took the centres") for note in verdict.notes)
    told = next(note for note in verdict.notes if note.startswith("The case"))
    assert told.startswith("The case central_asia has changed since the forecast was made.")
    same = score_result(result, folder)
    assert not any(note.startswith("The case") for note in same.notes)


def test_a_verdict_replaces_verdicts_only(result: Result, tmp_path: Path) -> None:
    rows = trade("KAZ", "USA", {2023: 4000}, "us-census")
    verdict = score_result(result, write(tmp_path / "truth", trade_bilateral=rows))
    out = tmp_path / "out"
    for _ in range(2):
        write_verdict(verdict, out)
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "report.md").write_text("mine")
    with pytest.raises(InputError, match="the folder holds something else than a verdict"):
        write_verdict(verdict, tmp_path / "else")
    assert (tmp_path / "else" / "report.md").read_text() == "mine"
    with pytest.raises(InputError, match="this is a file; a verdict needs a folder"):
        write_verdict(verdict, tmp_path / "else" / "report.md")


def test_nothing_matched_is_an_error(result: Result, case: Case, tmp_path: Path) -> None:
    rows = trade("KAZ", "USA", {2031: 4000}, "us-census")
    folder = write(tmp_path, trade_bilateral=rows)
    with pytest.raises(
        InputError, match="nothing in it can be set against the forecast of 2023 to 2025: "
    ):
        score_result(result, folder, case)


def test_a_result_without_a_full_year(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    text = SCENARIO.format(
        title="s", case=CASE.as_posix(), base=2022, first=2023, last=2023, runs=2
    )
    path.write_text(text.replace("2023Q4", "2023Q2"), encoding="utf-8")
    out = str(tmp_path / "short")
    assert main(["batch", str(path), "--no-pictures", "--jobs", "1", "--out", out]) == 0
    with pytest.raises(InputError, match="holds no full year after its base year, 2022"):
        score_result(load(out), tmp_path, case)


def test_a_case_without_measures(result: Result, tmp_path: Path) -> None:
    bare = tmp_path / "central_asia"
    shutil.copytree(CASE, bare)
    for name in ("measures", "series", "reporters", "targets", "evidence_observables"):
        (bare / f"{name}.csv").unlink(missing_ok=True)
    with pytest.raises(InputError, match="has no table measures, which tells what can be matched"):
        score_result(result, tmp_path, load_case(bare))
