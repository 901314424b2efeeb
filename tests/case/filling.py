"""Filling in a case that was just begun, with invented numbers."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

from sim.case.schema import ATTRIBUTES, PLACEHOLDER
from sim.core.drivers import DRIVERS

ROWS = dict[str, str]
RANGES = {  # plausible, so that no own ideal leaves the scale
    "gdp": (5, 300),
    "growth": (0, 0.06),
    "exposure": (0.01, 0.3),
    "migrants": (0, 900),
    "position": (-0.3, 0.3),
    "reexport_ceiling": (0, 0.1),
    "stance": (-0.9, 0.9),
    "distraction": (0, 0.4),
    "wariness": (0, 0.3),
}


def change(path: Path, function: Callable[[ROWS], bool | None]) -> None:
    """Change the rows of a table in place; a row for which the function gives False goes."""
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        header, table = list(reader.fieldnames or ()), list(reader)
    kept = [row for row in table if function(row) is not False]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def fill(folder: Path, seed: int = 1) -> None:
    """Give every figure that is to be found a value, a range and a source."""
    draw = random.Random(seed)
    powers = len((folder / "powers.csv").read_text().splitlines()) - 1

    def figure(row: ROWS) -> None:
        if row["source"] != PLACEHOLDER:
            return
        name = row.get("attribute") or row.get("driver")
        if name:
            known = ATTRIBUTES[name] if "attribute" in row else DRIVERS[name]
            low, high = RANGES.get(name, (0.0, 0.9 / powers if name == "share" else 1.0))
            value = draw.uniform(low, high)
            row["value"] = f"{value:.4f}"
            row["low"] = f"{max(known.low, value - 0.3 * abs(value)):.4f}"
            row["high"] = f"{min(known.high, value + 0.3 * abs(value) + 0.001):.4f}"
        row.update(source="expert-prior", derivation="invented", confidence="expert")

    def name_it(row: ROWS) -> None:
        if row["name"] == PLACEHOLDER:
            row["name"] = f"Land of {row.get('country') or row.get('power')}"

    for table in ("attributes", "drivers", "texts"):
        change(folder / f"{table}.csv", figure)
    for table in ("countries", "powers"):
        change(folder / f"{table}.csv", name_it)
