"""The methods of sensitivity: which suits a sweep, what its tables go by, what it needs."""

from __future__ import annotations

SOBOL, MORRIS, ONE, GIVEN = "sobol", "morris", "one_at_a_time", "given data"
METHODS = {"saltelli": SOBOL, "morris": MORRIS, "one_at_a_time": ONE}  # by mode; others: given data
INDEX = {SOBOL: "total", MORRIS: "mu_star", GIVEN: "first", ONE: "swing"}  # tables go by it
POINTS = {SOBOL: "base points", MORRIS: "trajectories", GIVEN: "rows", ONE: "rows"}
FEWEST = {SOBOL: 8, MORRIS: 2, GIVEN: 20}  # base points, trajectories, rows


def rows_of_point(method: str, inputs: int) -> int:
    """Rows that belong together: those of a base point or trajectory; else each is on its own."""
    return {SOBOL: inputs + 2, MORRIS: inputs + 1}.get(method, 1)
