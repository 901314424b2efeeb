"""The observed record: read by the measures, one reporter at a time, and shipped as it is read."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.case import Case, load_case
from sim.case.build import base_year
from sim.core.errors import InputError
from sim.experiment.observables import observables
from sim.fit.derive import make_tables
from sim.fit.observed_format import COLUMNS
from sim.fit.record import Observed, read_observed, shipped

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "calibration" / "central_asia"
OBSERVED = ROOT.parent / "shared" / "observed"

series_needed = pytest.mark.skipif(
    not OBSERVED.is_dir(), reason="the observed series are not beside this checkout"
)
BACI, KAZ, NSC = (
    "CEPII BACI HS92",
    "Kazakhstan Bureau of National Statistics",
    "derived: National Statistical Committee of the Kyrgyz Republic",
)
PANEL, TRADE = "preferred_trade_panel", "trade_bilateral"


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(CASE)


@dataclass
class Files:
    """Files in the observed format, row by row."""

    folder: Path
    rows: dict[str, list[Mapping[str, str]]] = field(default_factory=dict)

    def add(
        self,
        file: str,
        country: str,
        partner: str,
        series: str,
        values: Mapping[object, object],
        unit: str = "USD million",
        source: str = BACI,
        confidence: str = "high",
        note: str = "",
        **more: str,
    ) -> None:
        for period, value in values.items():
            cells = (country, partner, series, period, value, unit, source, "", confidence, note)
            row = dict(zip(COLUMNS, map(str, cells), strict=True)) | more
            self.rows.setdefault(file, []).append(row)

    def trade(
        self, country: str, partner: str, values: Mapping[object, object], **more: str
    ) -> None:
        self.add(TRADE, country, partner, "goods_trade_total", values, **more)

    def read(self, case: Case, relative: bool = True) -> Observed:
        for file, rows in self.rows.items():
            with (self.folder / f"{file}.csv").open("w", encoding="utf-8", newline="") as text:
                writer = csv.DictWriter(text, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return read_observed(self.folder, case, relative=relative)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def cell(observed: Observed, name: str, year: int) -> pd.Series:
    measure, country, power = (*name.split("."), "", "")[:3]
    values = observed.values
    found = values[
        (values["measure"] == measure)
        & (values["country"] == country)
        & (values["power"] == power)
        & (values["year"] == year)
    ]
    assert len(found) == 1
    return found.iloc[0]


# ------------------------------------------------------------------------------------ one reporter


def test_share_and_turnover_of_one_reporter(files: Files, case: Case) -> None:
    files.trade("KAZ", "RUS", {2019: 20_000, 2020: 19_000})
    files.trade("KAZ", "WLD", {2019: 100_000, 2020: 80_000})
    observed = files.read(case)
    assert dict(observed.series("trade_share.KAZ.RUS")) == pytest.approx({2019: 0.2, 2020: 0.2375})
    assert dict(observed.series("trade_usd.KAZ.RUS")) == pytest.approx({2019: 20.0, 2020: 19.0})
    row = cell(observed, "trade_usd.KAZ.RUS", 2019)
    assert (row["source"], row["unit"]) == ("cepii-baci", "USD bn a year")
    assert row["error"] == pytest.approx(0.03 * 20.0)
    assert observed.series("trade_usd.KAZ.CHN").empty


@pytest.mark.parametrize(("confidence", "error"), [("high", 3), ("medium", 6), ("low", 12)])
def test_error_of_a_lone_reporter(files: Files, case: Case, confidence: str, error: float) -> None:
    files.trade("KAZ", "RUS", {2019: 10_000}, confidence=confidence)
    row = cell(files.read(case), "trade_usd.KAZ.RUS", 2019)
    assert row["error"] == pytest.approx(error / 100 * 10.0)
    assert row["derivation"].endswith(f"error {error}.0%: {confidence} confidence")


def test_rows_from_memory_and_of_parts_of_a_year_are_left_out(files: Files, case: Case) -> None:
    files.trade("KAZ", "CHN", {2019: 22_000}, source="recalled: customs of China")
    files.trade("KAZ", "CHN", {2020: 21_000}, source="derived: recalled: customs of China")
    files.trade("KAZ", "CHN", {"2021Q1": 5_000, "2018-2019": 1, "2018": 12_000})
    files.trade("KAZ", "CHN", {2017: 12_000}, unit="EUR million")
    observed = files.read(case)
    assert dict(observed.series("trade_usd.KAZ.CHN")) == {2018: 12.0}
    assert "trade_usd: left out 2 rows: from memory" in observed.unmatched
    assert "trade_usd: left out 2 rows: not of a whole year" in observed.unmatched
    assert "trade_usd: left out 1 rows: not in USD million" in observed.unmatched


def test_the_series_named_first_goes_first_and_agreement_makes_sure(
    files: Files, case: Case
) -> None:
    new = {2016: 86.1e9, 2017: 69.7e9}
    old = {2016: 86.1e9, 2017: 62.1e9, 2018: 52.9e9}
    files.add("macro", "UZB", "", "gdp_current_usd", old, "USD", "World Bank, WDI")
    files.add(
        "macro", "UZB", "", "gdp_current_usd_implied", new, "USD", "derived: WDI Feb-2026", "medium"
    )
    observed = files.read(case)
    found = dict(observed.series("gdp_usd.UZB"))
    assert found == pytest.approx({2016: 86.1, 2017: 69.7, 2018: 52.9})
    confidence = [cell(observed, "gdp_usd.UZB", year)["confidence"] for year in found]
    assert confidence == ["high", "medium", "high"]


# -------------------------------------------------------------------------------- many reporters


def test_reporters_are_joined_by_their_ratio_at_the_level_of_the_last(
    files: Files, case: Case
) -> None:
    files.trade("KAZ", "CHN", dict.fromkeys(range(2010, 2021), 10_000))
    files.trade("KAZ", "CHN", {2019: 4_000, 2020: 8_000, 2021: 10_000, 2022: 12_000}, source=KAZ)
    observed = files.read(case)
    series = observed.series("trade_usd.KAZ.CHN")
    assert list(series.index) == list(range(2010, 2023))
    # By the ratio of 2020, the nearest year that both have; 2019 is as in the longer series.
    assert list(series[series.index >= 2019]) == pytest.approx([8.0, 8.0, 10.0, 12.0])
    row = cell(observed, "trade_usd.KAZ.CHN", 2022)
    assert row["source"] == "kaz-bns"
    assert row["derivation"].startswith("As kaz-bns has it; error")
    row = cell(observed, "trade_usd.KAZ.CHN", 2010)
    assert row["source"] == "cepii-baci;kaz-bns"
    assert row["derivation"].startswith("cepii-baci, moved to the level of kaz-bns; error")


def test_a_series_stops_at_a_break_without_a_common_year(files: Files, case: Case) -> None:
    files.trade("UZB", "CHN", {2019: 7_000, 2020: 6_000})
    files.trade("UZB", "CHN", {2022: 9_780}, source="General Administration of Customs of China")
    assert dict(files.read(case).series("trade_usd.UZB.CHN")) == {2019: 7.0, 2020: 6.0}


def test_a_reporter_of_one_partner_alone_is_not_followed(files: Files, case: Case) -> None:
    """The broadest reporters come first, and of those the one with most years."""
    for partner in ("RUS", "CHN", "TUR", "USA", "EU27"):
        files.trade("KGZ", partner, dict.fromkeys(range(2010, 2021), 100))
    for partner in ("RUS", "CHN", "TUR", "USA"):
        files.trade("KGZ", partner, dict.fromkeys(range(2010, 2023), 300), source=NSC)
    files.trade("KGZ", "USA", dict.fromkeys(range(2000, 2023), 50), source="US Census Bureau")
    observed = files.read(case)
    assert set(observed.series("trade_usd.KGZ.CHN")) == {0.3}  # from 2010 to 2022
    assert set(observed.series("trade_usd.KGZ.EU")) == {0.1}  # the one reporter of it
    assert observed.series("trade_usd.KGZ.USA")[2022] == 0.3
    assert observed.series("trade_usd.KGZ.USA")[2000] == pytest.approx(0.3)  # moved, not as it was


def test_both_figures_of_a_share_are_from_one_reporter(files: Files, case: Case) -> None:
    files.trade("KGZ", "CHN", {2019: 300, 2020: 400})
    files.trade("KGZ", "WLD", {2019: 1_000, 2020: 1_000})
    files.trade("KGZ", "CHN", {2020: 100, 2021: 150}, source=NSC)
    files.trade("KGZ", "WLD", {2020: 500, 2021: 600}, source=NSC)
    files.trade("KGZ", "CHN", {2022: 100}, source="US Census Bureau")
    series = files.read(case).series("trade_share.KGZ.CHN")
    # A share of 0.25 after one of 0.2; before it 0.3 and 0.4, moved to that 0.2.
    assert dict(series) == pytest.approx({2019: 0.15, 2020: 0.2, 2021: 0.25})


def test_a_surer_reporter_goes_before_a_row_of_low_confidence(files: Files, case: Case) -> None:
    files.trade("KAZ", "RUS", dict.fromkeys(range(2011, 2021), 20_000))
    files.trade("KAZ", "RUS", {2010: 8_000}, confidence="low")
    customs = {2010: 15_000, 2011: 10_000, 2012: 10_000}
    files.trade("KAZ", "RUS", customs, source="Federal Customs Service of Russia")
    files.trade("TKM", "RUS", {2010: 800}, confidence="low")
    observed = files.read(case)
    assert observed.series("trade_usd.KAZ.RUS")[2010] == pytest.approx(30.0)
    assert observed.series("trade_usd.TKM.RUS")[2010] == 0.8  # nobody is surer


def test_spread_of_reporters_is_the_error(files: Files, case: Case) -> None:
    """Reporters with independent errors of 10 percent and other levels: the error is 10 percent."""
    random, years = np.random.default_rng(1), range(2000, 2400)
    for source, level in ((BACI, 1000.0), (NSC, 300.0)):
        told = level * (1.0 + 0.1 * random.standard_normal(len(years)))
        files.trade("KGZ", "CHN", dict(zip(years, told, strict=True)), source=source)
    row = cell(files.read(case), "trade_usd.KGZ.CHN", 2010)
    relative = row["error"] / row["value"]
    # Monte-Carlo error of a standard deviation from n differences: 1 / sqrt(2 n) of it.
    assert relative == pytest.approx(0.1, rel=4 / math.sqrt(2 * len(years)))
    assert row["derivation"].endswith("spread of reporters")


def test_figures_near_nought_are_as_uncertain_as_a_tenth_of_the_mean(
    files: Files, case: Case
) -> None:
    gas = {2014: 9.0, 2015: 3.0, 2016: 0.0}
    files.add(
        "pipelines_routes", "TKM", "RUS", "pipeline_gas_exports", gas, "bcm", "Energy Institute"
    )
    observed = files.read(case, relative=False)
    assert dict(observed.series("gas_tkm_russia")) == gas
    assert cell(observed, "gas_tkm_russia", 2016)["error"] == pytest.approx(0.03 * 0.4)


def test_an_index_is_over_the_mean_of_the_years_of_the_case(files: Files, case: Case) -> None:
    gas = {2021: 4.0, 2022: 6.0, 2023: 10.0}
    files.add(
        "pipelines_routes", "UZB", "CHN", "pipeline_gas_exports", gas, "bcm", "Energy Institute"
    )
    observed = files.read(case)
    assert dict(observed.series("gas_uzb_china")) == pytest.approx(
        {2021: 0.8, 2022: 1.2, 2023: 2.0}
    )
    assert cell(observed, "gas_uzb_china", 2023)["error"] == pytest.approx(0.03 * 2.0)


def test_an_index_of_later_years_alone_says_so(files: Files, case: Case) -> None:
    gas = {2023: 5.0, 2024: 15.0}
    files.add(
        "pipelines_routes", "UZB", "CHN", "pipeline_gas_exports", gas, "bcm", "Energy Institute"
    )
    observed = files.read(case)
    assert dict(observed.series("gas_uzb_china")) == pytest.approx({2023: 0.5, 2024: 1.5})
    assert "gas_uzb_china: no year up to 2022; its index has another base" in observed.unmatched


# ------------------------------------------------------------------------------- codes and leavings


def test_the_name_of_the_record_goes_before_the_code_of_the_case(files: Files, case: Case) -> None:
    files.trade("KAZ", "EU", {2019: 100, 2020: 40})
    files.trade("KAZ", "EU27", {2019: 50, 2020: 40})
    files.trade("TJK", "EU", {2019: 30})
    observed = files.read(case)
    assert dict(observed.series("trade_usd.KAZ.EU")) == {2019: 0.05, 2020: 0.04}
    assert dict(observed.series("trade_usd.TJK.EU")) == {2019: 0.03}


def test_what_is_not_matched_is_said(files: Files, case: Case) -> None:
    files.trade("KAZ", "AFG", {2019: 1, 2020: 1})
    files.trade("RUS", "CHN", {2019: 1})
    files.add(TRADE, "KAZ", "RUS", "goods_exports", {2019: 1, 2020: 2})
    files.add("gdelt", "KAZ", "RUS", "tone", {2019: "often"})
    unmatched = files.read(case).unmatched
    assert "trade_usd: left out 2 rows: no power of the case: AFG" in unmatched
    assert "trade_usd: left out 1 rows: no country of the case: RUS" in unmatched
    assert f"{TRADE}.csv: no measure answers to 2 rows: goods_exports" in unmatched
    assert "gdelt.csv: no measure answers to 1 rows: tone" in unmatched
    assert "gdp_usd: there is no file macro.csv" in unmatched
    assert f"trade_usd: there is no file {PANEL}.csv" in unmatched
    nobody = {row["measure"] for row in case.table("measures") if not row["file"]}
    assert not [note for note in unmatched if note.split(":")[0] in nobody]


def test_a_source_that_the_case_does_not_know_keeps_its_words(files: Files, case: Case) -> None:
    files.trade("KAZ", "RUS", {2019: 1_000}, source="A newspaper")
    assert cell(files.read(case), "trade_usd.KAZ.RUS", 2019)["source"] == "A newspaper"
    with pytest.raises(InputError, match="series: the case has no source for 'A newspaper'"):
        make_tables(files.folder, case)


# ------------------------------------------------------------------------------- events and votes


def episodes(files: Files, rows: Sequence[tuple[str, str, str, str]]) -> None:
    for country, partner, period, attribution in rows:
        files.add(
            "coercion_episodes", country, partner, "coercion_episode:trade_ban", {period: 1},
            unit="event", source="press", attribution=attribution,
        )  # fmt: skip


def test_episodes_are_counted_by_the_year_they_began(files: Files, case: Case) -> None:
    episodes(
        files,
        [
            ("KAZ", "RUS", "2020-03-22", "state"),
            ("KAZ", "RUS", "2020-06", "contested"),
            ("KAZ", "RUS", "2022", "regulatory"),
            ("KGZ", "CHN", "2020-01", "non-political"),
            ("KGZ", "RUS", "2020-02", "inducement"),
            ("KGZ", "KAZ", "2019-10-10", "intra-regional"),
            ("USA", "KGZ", "2021-06-20", "state"),
            ("UZB", "EU", "2021-11-14", "state"),
        ],
    )
    observed = files.read(case)
    assert dict(observed.series("coercion.KAZ.RUS")) == {2019: 0, 2020: 2, 2021: 0, 2022: 1}
    assert observed.series("coercion.UZB.EU").sum() == 1
    counted = observed.values[observed.values["measure"] == "coercion"]
    assert counted["value"].sum() == 4
    assert set(counted["power"]) == {"RUS", "CHN", "USA", "EU", "TUR"}  # not the region
    assert len(counted) == 6 * 5 * 4  # countries, powers, years from the first row to the last
    assert set(counted["source"]) == {"coercion-list"}


def test_episodes_are_counted_in_the_years_of_the_quantities(files: Files, case: Case) -> None:
    episodes(files, [("KAZ", "RUS", "1994", "state"), ("KAZ", "RUS", "2021", "state")])
    files.trade("KAZ", "RUS", {2019: 1, 2024: 1})
    assert dict(files.read(case).series("coercion.KAZ.RUS")) == {2019: 0, 2020: 0, 2021: 1}


def roll_call(files: Files, number: str, date: str, title: str, **more: str) -> None:
    files.add(
        "votes", "KAZ", "UKR/RUS", f"unga_vote:{number}", {date: "A"}, "Y/A/N", note=title, **more
    )


def test_resolutions_fall_into_the_families_of_the_case(files: Files, case: Case) -> None:
    titles = {
        "1": "Human rights in Crimea; 64-23-86",
        "2": "Militarization of Crimea",
        "3": "Suspension of the rights of membership in the Human Rights Council",
        "4": "Remedy and reparation",
        "5": "Humanitarian consequences of the aggression",
        "6": "Return of children",
    }
    for number, title in titles.items():
        roll_call(files, number, f"2023-01-0{number}", title)
    roll_call(files, "7", "2023-02-01", "Peace", source="recalled: a roll call")
    votes = files.read(case).votes
    assert list(votes["text"]) == [
        "human_rights", "human_rights", "suspension", "sovereignty", "sovereignty", "sovereignty",
    ]  # fmt: skip
    assert set(votes["country"]) == {"KAZ"}
    assert set(votes["vote"]) == {"A"}
    assert votes["date"][0] == "2023-01-01"
    assert set(votes["year"]) == {2023}
    assert set(votes["source"]) == {"un-rollcalls"}


def test_until_a_year(files: Files, case: Case) -> None:
    files.trade("KAZ", "RUS", {2019: 1_000, 2020: 2_000})
    roll_call(files, "1", "2019-12-18", "Peace")
    roll_call(files, "2", "2020-12-18", "Peace")
    until = files.read(case).until(2019)
    assert dict(until.series("trade_usd.KAZ.RUS")) == {2019: 1.0}
    assert list(until.votes["resolution"]) == ["1"]


# ---------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": "1e3x"}, r"trade_bilateral.csv:2: column 'value': found '1e3x'; a number"),
        ({"value": "nan"}, r"trade_bilateral.csv:2: column 'value': found 'nan'; a number"),
        ({"confidence": "hihg"}, "column 'confidence': found 'hihg'.*nearest: high"),
    ],
)
def test_a_wrong_cell_is_named(
    files: Files, case: Case, change: dict[str, str], message: str
) -> None:
    files.trade("KAZ", "RUS", {2019: 1_000}, **change)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        files.read(case)


def test_a_wrong_date_of_an_event_is_named(files: Files, case: Case) -> None:
    episodes(files, [("KAZ", "RUS", "spring 2019", "state")])
    with pytest.raises(InputError, match="csv:2: column 'period': found 'spring 2019'; a date or"):
        files.read(case)


def test_a_vote_that_is_none_is_named(files: Files, case: Case) -> None:
    files.add("votes", "KAZ", "", "unga_vote:1", {"2023-01-01": "Yes"})
    with pytest.raises(InputError, match="csv:2: column 'value': found 'Yes'; allowed: Y, A, N"):
        files.read(case)


def test_a_missing_folder_a_missing_column_and_a_short_row(tmp_path: Path, case: Case) -> None:
    with pytest.raises(InputError, match="nowhere: there is no such folder"):
        read_observed(tmp_path / "nowhere", case)
    with pytest.raises(InputError, match=r"holds no file with the ending \.csv"):
        read_observed(tmp_path, case)
    path = tmp_path / "macro.csv"
    path.write_text("country_iso3,partner,series\nKAZ,,gdp\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"macro.csv:1: column 'period' is missing; found: count"):
        read_observed(tmp_path, case)
    path.write_text(",".join(COLUMNS) + "\nKAZ,,gdp\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"macro.csv:2: found 3 cells; the header has 10 columns"):
        read_observed(tmp_path, case)
    path.write_text(",".join(COLUMNS) + '\nKAZ,,"gdp\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"macro.csv:2: is not a row of a CSV table"):
        read_observed(tmp_path, case)


def test_a_code_of_the_record_that_stands_for_nothing(tmp_path: Path, files: Files) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASE, folder)
    table = folder / "record_codes.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("EU27,EU,", "EU27,EV,"), "utf-8")
    files.trade("KAZ", "RUS", {2019: 1})
    with pytest.raises(InputError, match=r"record_codes\.csv:2: column 'code': found 'EV'"):
        files.read(load_case(folder))


# ---------------------------------------------------------------------------------- what is shipped


def test_shipped_series_are_observables_of_the_case(case: Case) -> None:
    record = shipped(case)
    every = load_case(CASE).build(None, case.names.countries).names
    known = {observable.name for observable in observables(case, every)}
    values = record.values
    told = {
        ".".join(filter(None, row))
        for row in zip(values["measure"], values["country"], values["power"], strict=True)
    }
    assert told <= known
    assert values["year"].max() == base_year(case.as_of)
    assert (values.loc[values["measure"] != "coercion", "error"] > 0).all()
    units = {row["measure"]: row["unit"] for row in case.table("measures")}
    assert (values["unit"] == values["measure"].map(units)).all()
    assert set(record.votes["country"]) <= set(case.names.countries)
    assert record.unmatched == []


def test_shipped_series_rest_on_known_sources(case: Case) -> None:
    known = case.table("sources").codes
    for table in ("series", "roll_calls", "observed_drivers"):
        for row in case.table(table):
            for source in row["source"].split(";"):
                assert source in (*known, *case.table("documents").codes), (table, row.line)


def test_no_volume_of_a_licensed_source_is_shipped(case: Case) -> None:
    """Energy Institute: an index only, with a mean of one, from which no volume can be told."""
    values = shipped(case).values
    licensed = values[values["source"].str.contains("energy-review")]
    assert set(licensed["unit"]) == {"index"}
    for _, series in licensed.groupby("measure"):
        assert series["value"].mean() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        # Read off the observed files by hand: USD million or percent, in the units of the model.
        ("trade_usd.KAZ.RUS", {2014: 20.678 * 18.775 / 19.0242, 2022: 26.972}),
        ("trade_usd.KAZ.USA", {2022: 3.053}),
        ("trade_share.KGZ.CHN", {2014: 1131 / 7618, 2022: 4130 / 12058}),
        ("trade_usd.UZB.RUS", {2020: 5.889, 2021: 6.911}),
        ("gdp_usd.KAZ", {2014: 221.416, 2022: 225.496}),
        ("gdp_usd.UZB", {2016: 86.138, 2017: 69.703}),
        ("remittance_share.TJK", {2014: 0.3714, 2022: 0.499}),
        ("trade_openness.KAZ", {2022: 0.3005}),
        ("oil_cpc", {2013: 28.7, 2021: 53.1, 2022: 52.2}),
        ("middle_corridor", {2021: 0.586, 2022: 1.5}),
        ("coercion.KAZ.RUS", {2018: 1, 2021: 0, 2022: 3}),
    ],
)
def test_figures_read_by_hand(case: Case, name: str, figures: dict[int, float]) -> None:
    series = shipped(case).series(name)
    for year, figure in figures.items():
        assert series[year] == pytest.approx(figure, rel=1e-3), year


def test_shipped_levels_are_those_of_the_base(case: Case) -> None:
    """Turnover of the record and of the model agree at the base, reporter by reporter: no half."""
    world = case.build("2022Q4")
    names, attributes = world.names, world.attributes
    record, checked = shipped(case), 0
    trade = names.channels.index("trade")
    for i, country in enumerate(names.countries):
        for j, power in enumerate(names.powers):
            series = record.series(f"trade_usd.{country}.{power}")
            if 2022 in series.index and country in ("KAZ", "KGZ"):
                share = attributes.share[i, j, trade, 0]
                model = 2 * share * attributes.exposure[i, trade, 0] * attributes.gdp[i, 0]
                assert series[2022] == pytest.approx(model, rel=0.01), (country, power)
                checked += 1
    assert checked >= 9


@series_needed
def test_shipped_tables_are_made_from_the_observed_series(case: Case) -> None:
    for name, made in make_tables(OBSERVED, case).items():
        with (CASE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert made.to_dict("records") == rows, name
