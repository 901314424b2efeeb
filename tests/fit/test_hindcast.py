"""A whole hindcast of a small case: its tables, that it is the same again, and that it goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.core.world import Array
from sim.fit import hindcast as module
from sim.fit.fit import Fit
from sim.fit.forecast import forecast
from sim.fit.hindcast import MECHANISMS, SKILLS, TABLES, Hindcast, Plan, hindcast
from sim.fit.library import Simulator
from sim.fit.record import shipped
from sim.fit.scoring import vote_shares
from tests.fit.small_case import make_case, write

PLAN = Plan(
    origins=(2018, 2014),
    last=2020,
    base="2014Q4",
    runs=40,
    seed=5,
    vectors=128,
    waves=1,
    simulations=1200,
)
EVIDENCE = [
    ("T001", "pipe", "level", 2019, 1, "How much went through"),
    ("T002", "trade_share.AVA.NOR", "growth", 2019, 0.5, ""),
    ("T003", "human_rights.BOR", "vote", 2019, 1, "How it voted"),
]


def with_evidence(folder: Path, rows: list[tuple[object, ...]]) -> Case:
    folder = make_case(folder)
    with (folder / "evidence.csv").open("a", newline="") as file:
        file.write("T003,T0,2023-01,BOR,,vote,Y,text,2019,exact,vote,invented\n")
    write(
        folder / "evidence_observables.csv",
        "evidence,observable,statistic,year,scale,note",
        [rows[0], rows[1], *rows[2:]],
    )
    return load_case(folder)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return with_evidence(tmp_path_factory.mktemp("hindcast") / "case", EVIDENCE)


@pytest.fixture(scope="module")
def done(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Hindcast:
    return hindcast(case, PLAN, tmp_path_factory.mktemp("hindcast") / "out")


def tables(done: Hindcast) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(done.folder.glob("*.csv"))}


def test_all_tables_are_there(done: Hindcast, case: Case) -> None:
    assert set(tables(done)) == {f"{name}.csv" for name in (*TABLES, *SKILLS)}
    assert done.about["status"] == "complete"
    assert done.about["case"] == {"name": case.name, "hash": case.hash()}
    quantities = done.table("quantities")
    assert set(quantities["origin"]) == {2018, 2014}
    assert set(quantities.loc[quantities["origin"] == 2018, "year"]) == {2019, 2020}
    assert set(quantities.loc[quantities["origin"] == 2014, "horizon"]) == {1, 2, 3, 4}
    assert set(quantities["measure"]) == {"trade_share", "remittances", "pipe"}
    assert np.isfinite(quantities.select_dtypes("number")).all(axis=None)
    assert set(done.table("votes")["origin"]) == {2018, 2014}
    assert set(done.table("counts")["observed"]) <= {0, 1, 2, 3}


def test_observed_values_are_those_of_the_record(done: Hindcast, case: Case) -> None:
    record = shipped(case)
    for row in done.table("quantities").itertuples():
        series = record.series(row.observable)
        assert row.observed == pytest.approx(series[row.year], rel=1e-5)
        assert row.anchor == pytest.approx(series[row.origin], rel=1e-5)


def test_every_variant_is_scored_against(done: Hindcast) -> None:
    variants = {"drivers_unknown", "drift_off", "noise_off", "centre", "prior", *MECHANISMS}
    skill = done.table("skill")
    simple = {"last_value", "persistence", "drift", "autoregression", "recent_changes"}
    assert set(skill["against"]) == variants | simple
    assert set(skill["origins"].astype(str)) == {"2018", "all"}
    main = skill[(skill["origins"].astype(str) == "2018") & (skill["family"] == "all")]
    quantities = done.table("quantities")
    trusted = quantities[(quantities["origin"] == 2018) & ~quantities["doubtful"]]
    assert set(main["figures"]) == {len(trusted)}
    assert variants <= set(done.table("votes_skill")["against"])
    assert variants <= set(done.table("counts_skill")["against"])
    coverage = done.table("coverage")
    assert coverage["inside_80"].iloc[0] == pytest.approx(trusted["inside_80"].mean(), rel=1e-5)


def test_the_main_origin_is_fitted_and_the_base_is_not(done: Hindcast) -> None:
    """Nothing lies between the base and the origin 2014: its forecast is that of the prior."""
    assert Fit.read(done.folder / "fit-2018").about["settings"]["until"] == 2018
    assert [path.name for path in done.folder.glob("fit-*")] == ["fit-2018"]
    quantities = done.table("quantities").set_index("origin")
    assert (quantities.loc[2014, "crps_prior"] == quantities.loc[2014, "crps"]).all()
    assert (quantities.loc[2018, "crps_prior"] != quantities.loc[2018, "crps"]).any()


def test_a_variant_is_the_forecast_with_its_parameters(done: Hindcast, case: Case) -> None:
    """What the table says of politics switched off, from forecasts made here."""
    known, posterior, _ = module._known(case, PLAN, shipped(case), 2018, done.folder, {})
    off = {"fear_push": 0.0, "attention_pull": 0.0}
    made = forecast(known, 2018, 2020, posterior, PLAN.runs, PLAN.seed, overrides=off)
    row = done.table("quantities").query("observable == 'pipe' and year == 2020").iloc[-1]
    votes = done.table("votes").query("origin == 2018").iloc[0]
    shares = vote_shares(made, votes["text"], votes["country"], votes["year"])
    assert shares is not None
    observed = np.eye(3)[{"N": 0, "Y": 2}.get(votes["vote"], 1)]
    assert votes["brier_politics_off"] == pytest.approx(((shares - observed) ** 2).sum(), rel=1e-4)
    members = made.anchored("pipe", 2020, row["anchor"])
    assert members is not None
    whole = forecast(known, 2018, 2020, posterior, PLAN.runs, PLAN.seed)
    ours = whole.anchored("pipe", 2020, row["anchor"])
    assert ours is not None
    main = done.table("quantities").query(
        "origin == 2018 and observable == 'pipe' and year == 2020"
    )
    assert main["q500"].iloc[0] == pytest.approx(np.median(ours), rel=1e-4)


def test_evidence_is_placed_in_the_forecast_of_the_year_before(done: Hindcast, case: Case) -> None:
    table = done.table("evidence").set_index("observable")
    assert list(table["statistic"]) == ["level", "growth", "vote"]
    known, posterior, _ = module._known(case, PLAN, shipped(case), 2018, done.folder, {})
    made = forecast(known, 2018, 2019, posterior, PLAN.runs, PLAN.seed)
    anchor = shipped(case).series("pipe")[2018]
    members = made.anchored("pipe", 2019, anchor)
    assert members is not None
    pipe = table.loc["pipe"]
    assert float(pipe["observed"]) == 50.0
    assert pipe["quantile"] == pytest.approx((members < 50.0).mean())
    assert pipe["q50"] == pytest.approx(np.median(members), rel=1e-4)
    share = table.loc["trade_share.AVA.NOR"]
    assert float(share["observed"]) == pytest.approx(0.1)  # 0.2, with a scale of a half
    ratio = made.years.of("trade_share.AVA.NOR", 2018, 2019)
    assert share["quantile"] == pytest.approx((ratio[1] / ratio[0] - 1 < 0.1).mean())
    assert table.loc["human_rights.BOR", "expected"] == pytest.approx(
        vote_shares(made, "human_rights", "BOR", 2019)[1],
        rel=1e-4,  # type: ignore[index]
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            ("T001", "pip", "level", 2019, 1, ""),
            r"evidence_observables\.csv:2: column 'observable': .*'pip'.*pipe",
        ),
        (
            ("T001", "human_right.BOR", "vote", 2019, 1, ""),
            r"evidence_observables\.csv:2: column 'observable': .*'human_right\.BOR'",
        ),
    ],
)
def test_evidence_on_something_unknown_is_refused_at_once(
    row: tuple[object, ...], message: str, tmp_path: Path
) -> None:
    case = with_evidence(tmp_path / "case", [row, *EVIDENCE[1:]])
    with pytest.raises(InputError, match=message):
        hindcast(case, PLAN, tmp_path / "out")


def test_it_is_the_same_again_and_goes_on_where_it_stopped(
    done: Hindcast, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the middle of the fit, then after it: nothing finished is made again."""
    out = tmp_path / "out"
    simulate = Simulator.__call__
    firsts: list[int] = []

    def stop(self: Simulator, vectors: Array, first: int) -> Array:
        if len(firsts) == 2:
            raise KeyboardInterrupt
        firsts.append(first)
        return simulate(self, vectors, first)

    with monkeypatch.context() as patch:
        patch.setattr(Simulator, "__call__", stop)
        with pytest.raises(KeyboardInterrupt):
            hindcast(case, PLAN, out)
    assert json.loads((out / "manifest.json").read_text())["status"] == "incomplete"
    left = json.loads((out / "fit-2018" / "manifest.json").read_text())
    assert left["status"] == "incomplete"
    with pytest.raises(InputError, match="holds no finished hindcast"):
        Hindcast.read(out)

    again: list[int] = []

    def count(self: Simulator, vectors: Array, first: int) -> Array:
        again.append(first)
        return simulate(self, vectors, first)

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Simulator, "__call__", count)
        patch.setattr(module, "_forecasts", interrupted)
        with pytest.raises(KeyboardInterrupt):
            hindcast(case, PLAN, out)
    assert again
    assert not set(firsts) & set(again)
    written = (out / "fit-2018" / "manifest.json").stat().st_mtime_ns

    def never(self: Simulator, vectors: Array, first: int) -> Array:
        raise AssertionError("a finished fit is made again")

    monkeypatch.setattr(Simulator, "__call__", never)
    assert tables(hindcast(case, PLAN, out)) == tables(done)
    assert (out / "fit-2018" / "manifest.json").stat().st_mtime_ns == written


def test_another_hindcast_in_the_folder_is_refused(done: Hindcast, case: Case) -> None:
    message = "the folder is not empty; choose another with --out, or"
    for plan in (PLAN, replace(PLAN, seed=6)):
        with pytest.raises(InputError, match=message):
            hindcast(case, plan, done.folder)


def test_overwriting_removes_every_fit(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those of years before the origins, which evidence may have asked for."""
    out = tmp_path / "out"
    (out / "fit-2016").mkdir(parents=True)
    (out / "manifest.json").write_text('{"format": "multivector hindcast 1"}')

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_known", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hindcast(case, PLAN, out, overwrite=True)
    assert [path.name for path in out.iterdir()] == ["manifest.json"]


def test_only_a_hindcast_is_overwritten(case: Case, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": "multivector fit 1"}')
    with pytest.raises(InputError, match="holds something else than hindcast, so nothing in it"):
        hindcast(case, PLAN, tmp_path, overwrite=True)


def test_a_record_without_votes_and_counts(tmp_path: Path) -> None:
    folder = make_case(tmp_path / "case")
    (folder / "roll_calls.csv").unlink()
    series = pd.read_csv(folder / "series.csv", keep_default_na=False)
    series[series["measure"] != "coercion"].to_csv(folder / "series.csv", index=False)
    found = hindcast(load_case(folder), replace(PLAN, origins=(2014,)), tmp_path / "out")
    for name in ("votes", "counts", "votes_skill", "counts_skill", "evidence"):
        assert found.table(name).empty, name
    assert len(found.table("quantities"))


def test_a_hindcast_without_runs(case: Case, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"runs: found 0; allowed: 1 or more"):
        hindcast(case, replace(PLAN, runs=0), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_folder_holds_a_hindcast_before_it_is_done(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: holds no finished hindcast"):
        Hindcast.read(tmp_path / "nowhere")
