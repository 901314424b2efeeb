"""A small case with an invented record, which can be fitted in seconds."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.fit.fit import Settings

TOY = Path(__file__).parents[1] / "data" / "toy_case"
COUNTRIES, POWERS = ("AVA", "BOR", "CIM"), ("NOR", "EAS", "WES", "REG")
FITTED = ("trade_elasticity", "deal_rate", "vote_cutpoint")
VARIED = ("remittance_elasticity", "oil_income")
YEARS = range(2010, 2023)
VOTES = {"AVA": 0.8, "BOR": 0.85, "CIM": 0.6}  # share of noes
SMALL = Settings(
    until=2022, base="2014Q4", seed=4, vectors=256, waves=2, simulations=1200, draws=1000
)


def write(path: Path, header: str, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def make_case(folder: Path) -> Path:
    """Write the toy case with an invented record; three parameters can be fitted."""
    shutil.copytree(TOY, folder)
    path = folder / "case.toml"
    path.write_text(path.read_text().replace('["2014Q4"]', '["2014Q4", "2018Q4"]'))
    path = folder / "parameters.csv"
    with path.open(newline="") as file:
        parameters = list(csv.DictReader(file))
    for row in parameters:
        if row["name"] not in (*FITTED, *VARIED):
            row["distribution"] = "fixed"
    write(path, ",".join(parameters[0]), [list(row.values()) for row in parameters])
    write(
        folder / "measures.csv",
        "measure,title,family,outcome,over,country,partner,file,series,per,scale,unit,note",
        [
            (
                *("trade_share", "Shares", "shares", "share.{country}.{power}.trade", "mean"),
                *("", "", "trade", "goods", "WLD", 1, "share", ""),
            ),
            (
                *("remittances", "Remittances", "volumes", "remittances_total_usd.{country}"),
                *("mean", "", "", "macro", "remittances", "", 1, "USD bn", ""),
            ),
            (
                *("pipe", "Pipeline", "volumes", "route_volume.northern_pipe", "mean"),
                *("AVA", "", "flows", "oil", "", 1, "Mt", ""),
            ),
            (
                *("coercion", "Episodes", "coercion"),
                "complied.{country}.{power}+imposed.{country}.{power}",
                *("change", "", "", "events", "coercion", "", 1, "episodes", ""),
            ),
            (
                *("deals", "Deals", "deals", "announced.{country}.{power}", "change"),
                *("", "", "finance", "deals", "", 1, "share of GDP", ""),
            ),
        ],
    )
    write(folder / "record_codes.csv", "record,code,note", [])
    rng = np.random.default_rng(7)
    series: list[tuple[object, ...]] = []
    said = ("invented", "Invented to test the program", "high")

    def walk(measure: str, country: str, power: str, last: float, unit: str) -> None:
        logs = rng.normal(0.0, 0.04, len(YEARS)).cumsum()
        for year, value in zip(YEARS, last * np.exp(logs - logs[-1]), strict=True):
            value = float(f"{value:.6g}")
            series.append((measure, country, power, year, value, 0.03 * value, unit, *said))

    for country in COUNTRIES:
        for power in POWERS:
            walk("trade_share", country, power, 0.2, "share")
        walk("remittances", country, "", 1.5, "USD bn")
    walk("pipe", "", "", 50.0, "Mt")
    for country in COUNTRIES:
        for power in ("NOR", "EAS", "WES"):
            for year in YEARS:
                count = int(rng.poisson(0.3 if power == "NOR" else 0.05))
                series.append(("coercion", country, power, year, count, 0.2, "episodes", *said))
    write(
        folder / "series.csv",
        "measure,country,power,year,value,error,unit,source,derivation,confidence",
        series,
    )
    calls = [
        (f"R/{year}/{text}", f"{year}-11-0{1 + place}", text, country, vote, "invented", "")
        for year in YEARS
        for place, text in enumerate(("sovereignty", "human_rights"))
        for country, vote in zip(
            COUNTRIES, rng.choice(["Y", "A", "N", "NV", "not N"], 3), strict=True
        )
    ]
    write(folder / "roll_calls.csv", "resolution,date,text,country,vote,source,note", calls)
    write(
        folder / "observed_drivers.csv",
        "driver,country,power,other,channel,route,period,value,relative,source,derivation,confidence",
        [
            ("oil", "", "", "", "", "", year, value, 1, *said)
            for year, value in zip(range(2014, 2023), rng.normal(4, 0.2, 9), strict=True)
        ]
        + [
            ("demand", "", "NOR", "", "", "", year, value, 1, *said)
            for year, value in ((2014, 0.0), (2015, -0.5), (2017, 0.0), (2019, 0.4), (2021, -0.1))
        ]
        + [("sanctions", "", "", "", "", "", "2022Q1", 0.6, 0, *said)],
    )
    known = {(m, c, p, y): v for m, c, p, y, v, *_ in series}
    targets: list[tuple[object, ...]] = []
    for country in COUNTRIES:
        for first in (2014, 2016, 2018, 2020):
            for power in POWERS:
                change = np.log(
                    known["trade_share", country, power, first + 2]
                    / known["trade_share", country, power, first]
                )
                targets.append(
                    (
                        *(f"share_{country}_{power}_{first}", "trade", "trade_share", country),
                        *(power, "", "log_change", first, first + 2, change, 0.05, "log points"),
                        *(first, "invented", "Invented", ";".join(FITTED), "high"),
                    )
                )
        targets.append(
            (
                *(f"votes_{country}", "votes", "vote_no", country, "", "human_rights", "mean"),
                *(2015, 2018, VOTES[country], 0.1, "share", "2015-2018", "invented", "Invented"),
                *("vote_cutpoint", "high"),
            )
        )
        targets.append(
            (
                *(f"deals_{country}", "deals", "deals", country, "", "", "rate", 2015, 2018, 0.025),
                *(0.01, "share of GDP", "2015-2018", "invented", "Invented", "deal_rate", "high"),
            )
        )
    targets.append(
        (
            *("coercion", "coercion", "coercion", "", "NOR", "", "rate", 2015, 2018, 1.6, 0.3),
            *("episodes a year", "2015-2018", "invented", "Invented", "deal_rate", "high"),
        )
    )
    write(
        folder / "targets.csv",
        "target,group,measure,country,power,text,statistic,from,to,value,error,unit,years,source,"
        "derivation,informs,confidence",
        targets,
    )
    return folder
