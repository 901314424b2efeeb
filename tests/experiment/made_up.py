"""Small results that were never simulated, in the folders that simulated ones have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.experiment import store

ROWS = ("0123456789ab", "ba9876543210", "00ff00ff00ff")
RUNS = 4


def manifest(form: str, **changes: Any) -> dict[str, Any]:
    """A manifest as a batch or a sweep writes it."""
    said = {
        "format": form,
        "status": "complete",
        "command": "multivector batch calm -n 4 --seed 3",
        "created": "2026-01-31T12:00:00+00:00",
        "seed": 3,
        "runs": RUNS,
        "chunk": 512,
        "versions": {"multivector": "0.1.0", "numpy": "2.0.0"},
        "case": {"name": "toy", "title": "Toy", "as_of": "2022Q4", "hash": "c" * 64, "routes": []},
        "parameters": {"given": "point", "draws": 0, "replicates": 1},
        "scenarios": [
            {
                "name": "calm",
                "title": "Calm",
                "question": "What if nothing new happens?",
                "start": "2023Q1",
                "quarters": 4,
            }
        ],
        "outcomes": [
            {"name": "autonomy", "axes": ["country"], "unit": "share", "by_quarter": True},
            {"name": "welfare", "axes": ["country"], "unit": "share", "by_quarter": False},
        ],
        "failures": [],
        "digests": {"runs": "d" * 64},
    }
    return said | changes


def make_sweep(folder: Path, **changes: Any) -> Path:
    """A sweep of three rows of four runs; autonomy.AAA is the place of the row plus run / 100."""
    folder.mkdir(parents=True)
    factors = [
        {
            "name": "fear",
            "path": "parameters.fear_push",
            "kind": "number",
            "low": 0.0,
            "high": 6.0,
            "levels": None,
            "distribution": None,
        },
        {
            "name": "coercion",
            "path": "switches.coercion",
            "kind": "flag",
            "low": None,
            "high": None,
            "levels": [True, False],
            "distribution": None,
        },
        {
            "name": "pull",
            "path": "parameters.attention_pull",
            "kind": "number",
            "low": None,
            "high": None,
            "levels": None,
            "distribution": {"distribution": "normal", "mean": 0.12, "sd": 0.01},
        },
    ]
    about = {
        "command": "multivector sweep fear.toml",
        "design": {"title": "Fear", "question": "Does fear matter?", "mode": "grid"},
        "rows": len(ROWS),
        "distinct_rows": len(ROWS),
        "factors": factors,
        "columns": ["autonomy.AAA", "welfare.AAA"],
        "columns_by_quarter": [],
    }
    store.write_manifest(folder, manifest(store.SWEEP_FORMAT, **(about | changes)))
    places = np.arange(len(ROWS))
    design = {"fear": 3.0 * places, "coercion": places > 0, "pull": 0.1 + places / 100}
    store.write_table(
        folder / "design.parquet", pa.table({"place": places, "row": list(ROWS), **design})
    )
    row, run = np.repeat(places, RUNS), np.tile(np.arange(RUNS), len(ROWS))
    store.write_table(
        folder / "runs.parquet", _runs("calm", [ROWS[place] for place in row], row, run)
    )
    return folder


def make_batch(folder: Path, **changes: Any) -> Path:
    """A batch of four runs; autonomy.AAA is run / 100."""
    folder.mkdir(parents=True)
    store.write_manifest(folder, manifest(store.FORMAT, **changes))
    run = np.arange(RUNS)
    store.write_table(folder / "runs.parquet", _runs("calm", None, 0 * run, run))
    return folder


def make_interrupted(folder: Path) -> Path:
    """A batch of two scenarios of which two chunks were finished; one scenario lacks a country."""
    folder.mkdir(parents=True)
    store.write_manifest(folder, manifest(store.FORMAT, status="incomplete", digests={}))
    run = np.arange(RUNS)
    whole = _runs("calm", None, 0 * run, run)
    store.write_part(folder, "runs", "000-000000000-000000000000", whole.drop("welfare.AAA"))
    store.write_part(folder, "runs", "001-000000000-000000000000", _runs("frost", None, run, run))
    return folder


def _runs(scenario: str, rows: list[str] | None, place: Any, run: Any) -> pa.Table:
    keys = {} if rows is None else {"row": rows}
    values = {"autonomy.AAA": place + run / 100, "welfare.AAA": -1.0 * place}
    return pa.table({"scenario": [scenario] * len(run), **keys, "run": run, **values})
