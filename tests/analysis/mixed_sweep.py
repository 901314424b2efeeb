"""A stored sweep with factors of every kind, whose runs of interest lie in a known box."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sim.core import quarters
from sim.experiment import store
from sim.experiment.sweep_result import Sweep

START = 4 * 2024
FACTORS = (
    ("fear", "parameters.fear_push", "number"),
    ("closed_from", "event.close_route.R1.date", "quarter"),
    ("waves", "event.close_route.R1.copies", "whole"),
    ("coercion", "switches.coercion", "flag"),
    ("partner", "event.deal.partner", "text"),
)


def write(
    folder: Path,
    rows: int = 300,
    runs: int = 6,
    scenarios: Sequence[str] = ("calm",),
    mode: str = "latin_hypercube",
    draws: int = 0,
) -> Sweep:
    """Write the sweep: autonomy.AVA falls below 0.4 in most runs if fear is above 3, the route is
    closed before 2025Q3 and the partner is A or B, else in few."""
    random = np.random.default_rng(4)
    folder.mkdir(parents=True, exist_ok=True)
    units = pd.DataFrame({name: random.random(rows) for name, _, _ in FACTORS})
    closed = START + (units["closed_from"] * 12).astype(int)
    partner = np.array(["A", "B", "C"])[(units["partner"] * 3).astype(int)]
    design = pd.DataFrame(
        {
            "place": range(rows),
            "row": [f"{place:012x}" for place in range(rows)],
            "fear": 6 * units["fear"],
            "closed_from": [quarters.name(quarter) for quarter in closed],
            "waves": (units["waves"] * 4).astype(int),
            "coercion": units["coercion"] > 0.5,
            "partner": partner,
        }
    )
    design.to_parquet(folder / "design.parquet")
    units.insert(0, "place", range(rows))
    units.to_parquet(folder / "units.parquet")
    inside = (design["fear"] > 3) & (closed < START + 6) & (design["partner"] != "C")
    noise = 0.1 * random.normal(size=(rows, runs))
    base = np.where(inside, 0.25, 0.6)[:, None] + noise
    tables = []
    for shift, scenario in enumerate(scenarios):
        tables.append(
            pd.DataFrame(
                {
                    "scenario": scenario,
                    "row": np.repeat(design["row"], runs),
                    "run": np.tile(np.arange(runs), rows),
                    "autonomy.AVA": (base + shift).ravel(),
                    "cohesion": np.tile(np.arange(runs), rows) / runs,
                }
            )
        )
    ends = pd.concat(tables, ignore_index=True)
    ends.to_parquet(folder / "runs.parquet")
    last = ends.drop(columns="run").groupby(["scenario", "row"], sort=False).mean().reset_index()
    means = [last.assign(quarter=START + place) for place in range(4)]
    pd.concat(means, ignore_index=True).to_parquet(folder / "means.parquet")
    outcomes = [
        {"name": name, "axes": axes, "unit": "0 to 1", "meaning": "weight", "headline": True,
         "by_quarter": True}
        for name, axes in (("autonomy", ["country"]), ("cohesion", []))
    ]  # fmt: skip
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
        "rows": rows,
        "versions": {"multivector": "9.9"},
        "parameters": {"draws": draws},
        "design": {"title": "A study", "mode": mode, "name": "study"},
        "factors": [{"name": name, "path": path, "kind": kind} for name, path, kind in FACTORS],
        "case": {"title": "Toyland", "as_of": "2022Q4", "countries": [], "powers": [],
                 "channels": [], "routes": []},
        "scenarios": [
            {"name": name, "title": f"Scenario {name}", "question": "", "start": "2024Q1",
             "quarters": 4, "resolved": {}}
            for name in scenarios
        ],
        "outcomes": outcomes,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Sweep(folder)
