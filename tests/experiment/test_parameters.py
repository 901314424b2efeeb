"""Batches that draw their parameters: which run takes which draw, and what the manifest says."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.case import Posterior, read_posterior, write_posterior
from sim.cli.main import main
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.experiment import load
from sim.experiment.batch import batch
from sim.mesa_model import DiplomacyModel

CASE = Path(__file__).parents[1] / "data" / "toy_case"
NAMES = ("fear_push", "deal_rate", "reexport_margin", "own_weight")
ABOUT = {"seed": 9, "until": "2022Q4"}


def draws(number: int) -> Posterior:
    generator = np.random.default_rng(2)
    low, high = np.array([[0.5, 0.2, 0.2, 0.3], [5.0, 1.5, 0.9, 0.5]])
    return Posterior(NAMES, generator.uniform(low, high, (number, 4)), ABOUT)


@pytest.fixture
def calm(scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A scenario on a copy of the toy case with a posterior of five draws, in a fresh folder."""
    shutil.copytree(CASE, tmp_path / "calibration" / "drawn")
    write_posterior(tmp_path / "calibration" / "drawn" / "posterior.parquet", draws(5))
    (tmp_path / "scenarios").mkdir()
    text = scenarios[0].read_text(encoding="utf-8").replace(CASE.as_posix(), "drawn")
    (tmp_path / "scenarios" / "calm.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return "calm"


def test_a_batch_draws_from_the_posterior_whatever_the_chunk(calm: str) -> None:
    whole = batch(calm, out="whole").runs()
    for name, options in (
        ("cut", {"chunk": 3}),
        ("parallel", {"chunk": 3, "jobs": 2}),
        ("said", {"parameters": "posterior"}),
        ("from a file", {"parameters": Path("calibration/drawn/posterior.parquet")}),
        ("from memory", {"parameters": draws(5), "chunk": 1}),
    ):
        ours = batch(calm, out=name, **options).runs()  # type: ignore[arg-type]
        pd.testing.assert_frame_equal(ours, whole, check_exact=True)
    centres = batch(calm, out="point", parameters="point").runs()
    assert not np.array_equal(centres["cohesion"], whole["cohesion"])


@pytest.mark.parametrize("replicates", [1, 2])
def test_run_i_of_a_batch_is_a_run_with_draw_i(calm: str, replicates: int) -> None:
    """Runs 0 to 6 with five draws: those used up start again."""
    whole = batch(calm, out="whole", replicates=replicates).runs().set_index("run")
    for run, draw in ((1, 1 // replicates), (5, 5 // replicates % 5)):
        write_posterior("one.parquet", Posterior(NAMES, draws(5).values[[draw]]))
        alone = batch(calm, out=f"run {run}", parameters="one.parquet").runs().set_index("run")
        pd.testing.assert_series_equal(alone.loc[run], whole.loc[run], check_exact=True)


@pytest.mark.parametrize("options", [{}, {"parameters": "point"}, {"replicates": 3}])
def test_the_mesa_model_is_a_run_of_the_batch(calm: str, options: dict[str, Any]) -> None:
    run = 6
    whole = batch(calm, out="whole", **options).runs().set_index("run")
    model = DiplomacyModel(calm, run=run, **options)
    while model.running:
        model.step()
    for name in INDICATORS:
        for column, value in model.outcome(name).items():
            assert value == whole.loc[run, column], column


def test_what_a_scenario_sets_comes_on_top(calm: str) -> None:
    sets = "\n".join(f"{name} = 0.4" for name in NAMES)
    text = (
        f'title = "Set"\nquestion = "What if all is set?"\nextends = "calm"\n[parameters]\n{sets}'
    )
    Path("scenarios", "set.toml").write_text(text, encoding="utf-8")
    drawn = batch("set", out="drawn").runs()
    centres = batch("set", out="centres", parameters="point").runs()
    pd.testing.assert_frame_equal(drawn, centres, check_exact=True)


def test_the_manifest_tells_which_parameters(calm: str) -> None:
    found = batch(calm, out="drawn", replicates=2).manifest
    assert found["parameters"] == {
        "given": "posterior",
        "draws": 5,
        "replicates": 2,
        "names": list(NAMES),
        "hash": draws(5).hash,
        "about": ABOUT,
    }
    assert found["command"].endswith("--seed 11 --replicates 2")
    found = batch(calm, out="point", parameters="point").manifest
    assert found["parameters"] == {"given": "point", "draws": 0, "replicates": 1}
    assert found["command"].endswith("--seed 11 --parameters point")
    write_posterior("my draws.parquet", draws(3))
    found = batch(calm, out="file", parameters="my draws.parquet").manifest
    assert found["parameters"]["given"] == "my draws.parquet"
    assert found["command"].endswith("--parameters 'my draws.parquet'")
    found = batch(calm, out="memory", parameters=draws(3)).manifest
    assert found["parameters"]["given"] == f"draws {draws(3).hash[:12]}"
    Path("calibration", "drawn", "posterior.parquet").unlink()
    found = batch(calm, out="without").manifest
    assert found["parameters"] == {"given": "posterior", "draws": 0, "replicates": 1}
    assert found["command"].endswith("--seed 11")


def test_the_command_of_the_manifest_remakes_the_result(calm: str) -> None:
    write_posterior("mine.parquet", draws(3))
    first = batch(calm, out="first", parameters="mine.parquet", replicates=2)
    command = shlex.split(first.manifest["command"])[1:]
    assert main([*command, "--out", "again", "--no-pictures", "--jobs", "1"]) == 0
    pd.testing.assert_frame_equal(load("again").runs(), first.runs(), check_exact=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parameters": "postirior"}, "found 'postirior'; allowed: point, posterior; nearest: p"),
        ({"parameters": "none.parquet"}, "none.parquet: cannot be read: no such file"),
        ({"replicates": 0}, "replicates: found 0; allowed: 1 or more"),
        ({"replicates": 1.5}, "replicates: found 1.5; allowed: a whole number, 1 or more"),
        (
            {"replicates": 2, "parameters": "point"},
            "replicates: found 2, but there are no draws of the parameters to repeat",
        ),
    ],
)
def test_wrong_arguments_leave_nothing(calm: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        batch(calm, out="results", **options)
    with pytest.raises(InputError):
        DiplomacyModel(calm, **options)
    assert not Path("results").exists()


def test_every_draw_is_tried_before_anything_runs(calm: str) -> None:
    bad = draws(5)
    bad.values[4, NAMES.index("own_weight")] = 1e-6
    with pytest.raises(InputError, match=r"contradict each other.*\(the first is run 8\)"):
        batch(calm, runs=40, chunk=3, out="results", parameters=bad, replicates=2)
    assert not Path("results").exists()


def test_a_damaged_posterior_stops_what_would_use_it(calm: str) -> None:
    path = Path("calibration", "drawn", "posterior.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"posterior\.parquet: is not a Parquet file"):
        batch(calm, out="results")
    assert batch(calm, out="point", parameters="point").complete
    with pytest.raises(InputError, match=r"posterior\.parquet: is not a Parquet file"):
        read_posterior(path)
