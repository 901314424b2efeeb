"""Stored sweeps of functions that are known, for tests of what is made of sweeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.experiment import store
from sim.experiment.sampling import saltelli
from sim.experiment.sweep_result import Sweep

START = 4 * 2023
# Of a row's unit point and the draws of the runs (run,): a value a run.
Function = Callable[[np.ndarray, np.ndarray], np.ndarray]


def g_function(units: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """Sobol's g-function of points (row, factor)."""
    parts = [
        (np.abs(4 * units[:, place] - 2) + weight) / (1 + weight)
        for place, weight in enumerate(weights)
    ]
    return np.prod(parts, axis=0)


def g_indices(weights: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices of the g-function."""
    own = 1 / 3 / (1 + np.array(weights)) ** 2
    whole = np.prod(1 + own) - 1
    return own / whole, own * np.prod(1 + own) / (1 + own) / whole


def points(mode: str, names: Sequence[str], size: int, seed: int = 1) -> np.ndarray:
    """Points of the unit cube (row, factor) in the order of a mode."""
    from SALib.sample import morris
    from scipy.stats import qmc

    number = len(names)
    random = np.random.default_rng(seed)
    if mode == "saltelli":
        return saltelli(qmc.Sobol(2 * number, seed=random).random(size))
    if mode == "morris":
        bounds = [[0.0, 1.0]] * number
        problem = {"num_vars": number, "names": list(names), "bounds": bounds}
        return np.asarray(morris.sample(problem, size, num_levels=4, seed=seed))
    if mode == "one_at_a_time":
        units = np.full((1 + 3 * number, number), 0.5)
        for place in range(number):
            units[1 + 3 * place : 4 + 3 * place, place] = [0.0, 0.5, 1.0]
        return units
    return random.random((size, number))


def write(
    folder: Path,
    mode: str,
    functions: dict[str, Function],
    names: Sequence[str] = ("oil", "fear", "zeal"),
    size: int = 64,
    runs: int = 4,
    quarters: int = 4,
    scenarios: Sequence[str] = ("calm",),
    units: np.ndarray | None = None,
    lost: Sequence[int] = (),
    extra: Sequence[dict[str, Any]] = (),
) -> Sweep:
    """Write a sweep whose outcomes are functions of the unit points, growing quarter by quarter.

    A dummy is added last in the modes that have one. Rows at the places `lost` have no outcomes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [*names, "dummy"] if mode in ("saltelli", "morris") else list(names)
    if units is None:
        units = points(mode, inputs, size)
    values = 10 * units[:, : len(names)]
    ids = [f"{abs(hash(tuple(row))) % 16**12:012x}" for row in values.tolist()]
    places = np.arange(len(units))
    design = pd.DataFrame({"place": places, "row": ids, **dict(zip(names, values.T, strict=True))})
    design.to_parquet(folder / "design.parquet")
    cube = pd.DataFrame({"place": places, **dict(zip(inputs, units.T, strict=True))})
    cube.to_parquet(folder / "units.parquet")

    draws = np.random.default_rng(2).normal(size=runs)
    first = design.drop_duplicates("row")
    first = first[~first["place"].isin(lost)]
    ends, means, variances = [], [], []
    for shift, scenario in enumerate(scenarios):
        for row, place in zip(first["row"], first["place"], strict=True):
            found = {
                name: function(units[place], draws) + shift for name, function in functions.items()
            }
            ends.append(
                pd.DataFrame({"scenario": scenario, "row": row, "run": range(runs)} | found)
            )
            for quarter in range(quarters):
                part = (quarter + 1) / quarters
                key = {"scenario": scenario, "row": row, "quarter": START + quarter}
                means.append(key | {name: part * one.mean() for name, one in found.items()})
                if runs > 1:
                    spread = {name: part**2 * one.var(ddof=1) for name, one in found.items()}
                    variances.append(key | spread)
    pd.concat(ends, ignore_index=True).to_parquet(folder / "runs.parquet")
    pd.DataFrame(means).to_parquet(folder / "means.parquet")
    if runs > 1:
        pd.DataFrame(variances).to_parquet(folder / "variances.parquet")
    outcomes = sorted({name.split(".")[0] for name in functions})
    manifest = {
        "format": store.SWEEP_FORMAT,
        "status": "complete",
        "command": "",
        "created": "",
        "failures": [],
        "digests": {},
        "seed": 5,
        "runs": runs,
        "chunk": 512,
        "rows": len(units),
        "versions": {"multivector": "9.9"},
        "parameters": {},
        "design": {"title": "A study", "mode": mode, "name": "study"},
        "factors": [
            *({"name": name, "path": f"driver.{name}", "kind": "number"} for name in names),
            *extra,
        ],
        "case": {
            "title": "Toyland",
            "as_of": "2022Q4",
            "countries": [{"code": "AVA", "name": "Avaland", "colour": "#0072B2"}],
            "powers": [],
            "channels": [],
            "routes": [],
        },
        "scenarios": [
            {"name": name, "title": f"Scenario {name}", "question": "", "start": "2023Q1",
             "quarters": quarters, "resolved": {}}
            for name in scenarios
        ],
        "outcomes": [
            {"name": name, "axes": ["country"], "unit": "0 to 1", "meaning": "weight",
             "headline": True, "by_quarter": True}
            for name in outcomes
        ],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Sweep(folder)
