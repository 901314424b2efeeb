"""What a reader who cannot see a picture is told of it: its main numbers in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.picture.style import Actor, Scenario

MOST = 12  # numbers told; a picture's table holds them all


def told(value: float) -> str:
    """A number with three digits and a true minus sign."""
    return f"{value:.3g}".replace("-", "\u2212")


def ranges(
    table: pd.DataFrame,
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    columns: tuple[str, str, str],
) -> str:
    """Middle and ends of a range for each panel and scenario, in one sentence a panel.

    Parameters
    ----------
    table : DataFrame
        Columns ``scenario``, ``panel`` and `columns`, one row each.
    panels, scenarios : sequence
    columns : tuple of str
        Low end, middle, high end.
    """
    low, middle, high = columns
    rows: dict[tuple[str, str], Any] = {
        (one["panel"], one["scenario"]): one for one in table.to_dict("records")
    }
    parts = []
    for panel in panels:
        numbers = []
        for scenario in scenarios:
            one = rows.get((panel.code, scenario.name))
            if one is not None and np.isfinite(one[middle]):
                numbers.append(
                    f"{scenario.short} {told(one[middle])} ({told(one[low])} to {told(one[high])})"
                )
        if numbers:
            parts.append(f"{panel.name}: {', '.join(numbers)}" if panel.name else numbers[0])
    return joined(parts, max(1, MOST // max(1, len(scenarios))))


def joined(parts: Iterable[str], most: int = MOST) -> str:
    """Parts of a sentence; of many, the first, and how many there are besides."""
    parts = list(parts)
    more = len(parts) - most
    shown = "; ".join(parts[:most])
    return f"{shown}; and {more} more." if more > 0 else f"{shown}." if shown else ""
