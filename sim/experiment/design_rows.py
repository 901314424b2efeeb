"""The rows of a design that are read from a CSV file."""

from __future__ import annotations

import csv
import io

from sim.case.tables import shown
from sim.core.errors import InputError
from sim.experiment.design_schema import MOST_ROWS, Design
from sim.scenario.problems import Problems, listed, nearest
from sim.scenario.toml import read_text


def read_rows(design: Design) -> tuple[dict[str, list[str]], tuple[int, ...]]:
    """The cells of a design's file by factor, and the line of each row.

    Raises
    ------
    InputError
        If the file is empty, or has other columns than the factors that follow no other.
    """
    path = design.beside(str(design.file))
    try:
        text = read_text(path, like="*.csv")
    except InputError as error:
        raise InputError(f"{design.where('file')}: file: {error}") from None
    name = shown(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            if len(cells) > 1 or any(cell.strip() for cell in cells):  # no empty line
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{name}:{reader.line_num}: not valid CSV: {error}") from None
    if not rows:
        raise InputError(f"{name}: is empty; a header of the factors' names is needed, then rows")
    header = [cell.strip() for cell in rows[0]]
    problems = Problems()
    free = [factor.called for factor in design.factor if factor.same_as is None]
    followers = {factor.called: factor.same_as for factor in design.factor if factor.same_as}
    for place, column in enumerate(header):
        where = f"{name}:{lines[0]}"
        if column in header[:place]:
            problems.add(where, [], f"column {column!r} stands in the header twice")
        elif column in followers:
            problems.add(
                where, [], f"column {column!r} is not needed: it follows {followers[column]!r}"
            )
        elif column not in free:
            problems.add(
                where,
                [],
                f"column {column!r} is no factor{nearest(column, free)} {listed('factors', free)}",
            )
    for label in free:
        if label not in header:
            near = nearest(label, header)
            problems.add(f"{name}:{lines[0]}", [], f"column {label!r} is missing{near}")
    for cells, line in zip(rows[1:], lines[1:], strict=True):
        if len(cells) != len(header):
            problems.add(
                f"{name}:{line}", [], f"has {len(cells)} cells; the header has {len(header)}"
            )
    if len(rows) == 1:
        problems.add(name, [], "holds a header but no row")
    if len(rows) - 1 > MOST_ROWS:
        problems.add(name, [], f"has {len(rows) - 1:,} rows; allowed: at most {MOST_ROWS:,}")
    problems.stop()
    columns = {column: [cells[at] for cells in rows[1:]] for at, column in enumerate(header)}
    return {label: columns[label] for label in free}, tuple(lines[1:])
