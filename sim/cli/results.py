"""The command `results`: what results there are, what one holds, and questions to it in SQL."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import textwrap
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli import export
from sim.cli.parsing import Parser, whole_number
from sim.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sim.experiment.catalogue import Entry, TableEntry

_WIDTH = 100
_LABEL = 12  # columns for what a paragraph is about
_DIGITS = 12  # of a hash; the manifest has them all
_MOST_COUNTED = 1_000_000  # rows of an answer, of which only the first are shown
_FEW = 6  # columns that are named one by one
_LONGEST = 40  # characters of a text in a table


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("results", "list results, show what one holds, or query it in SQL")
    listing = parser.command("list", "list the results below a folder, newest first")
    listing.add_argument(
        "folder", metavar="FOLDER", nargs="?", default="results", help="default: results"
    )
    listing.add_argument("--csv", action="store_true", help="print the list as a .csv file")
    listing.set_defaults(act=show_list, parser=listing)
    show = parser.command("show", "show what a result is, how it was made and what it holds")
    show.add_argument("folder", metavar="RESULT", help="results folder")
    show.add_argument("--json", action="store_true", help="print its manifest")
    show.set_defaults(act=show_one, parser=show)
    query = parser.command("query", "answer a query in SQL about the tables of a result")
    query.add_argument("folder", metavar="RESULT", help="folder of a batch or a sweep")
    query.add_argument(
        "sql",
        metavar="SQL",
        help="one SELECT, in single quotes; names with dots in double ones: "
        "'SELECT row, avg(\"autonomy.KAZ\") FROM runs GROUP BY row'; 'SHOW TABLES' and "
        "'DESCRIBE runs' say what there is",
    )
    target = query.add_mutually_exclusive_group()
    target.add_argument(
        "--csv", metavar="FILE", help="write the answer to a .csv file; - prints it"
    )
    target.add_argument("--parquet", metavar="FILE", help="write the answer to a .parquet file")
    query.add_argument(
        "--limit", type=whole_number, default=40, metavar="N", help="most rows shown; default: 40"
    )
    query.set_defaults(act=answer_query, parser=query)
    export.add(parser)


# The list


def show_list(given: Namespace) -> int:
    """Print the results below a folder."""
    from sim.experiment.catalogue import find

    entries = find(given.folder)
    if given.csv:
        _list_as_csv(entries)
        return 0
    if not entries:
        print(f"There are no results below {given.folder}.")
        return 0
    heads = ("created, UTC", "kind", "runs", "status", "seed", "size", "folder")
    rows = [
        (
            entry.created[:16].replace("T", " "),
            entry.kind or "?",
            _runs(entry.rows, entry.runs),
            entry.status,
            "" if entry.seed is None else str(entry.seed),
            _bytes(entry.size),
            str(entry.folder),
        )
        for entry in entries
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    print(_line(heads, widths))
    indent = " " * (widths[0] + 2)
    for entry, row in zip(entries, rows, strict=True):
        print(_line(row, widths))
        if text := entry.problem or entry.about:
            print(_wrapped(text, indent, indent))
    return 0


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A line of the list: numbers to the right, texts to the left."""
    numbers = (2, 4, 5)  # runs, seed, size
    return "  ".join(
        cell.rjust(width) if place in numbers else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()


def _list_as_csv(entries: Sequence[Entry]) -> None:
    import csv
    from dataclasses import asdict, fields

    from sim.experiment.catalogue import Entry

    writer = csv.DictWriter(
        sys.stdout, [field.name for field in fields(Entry)], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(asdict(entry) for entry in entries)


def _runs(rows: int | None, runs: int | None) -> str:
    if runs is None:
        return ""
    return f"{runs:,}" if rows is None else f"{rows:,} x {runs:,}"


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}" if unit != "B" else f"{size:.0f} B"
        size /= 1000
    return f"{size:.3g} TB"


# One result


def show_one(given: Namespace) -> int:
    """Print what a result is and holds."""
    from sim.experiment.catalogue import read, tables

    folder = Path(given.folder)
    kind, manifest = read(folder)
    if given.json:
        print(json.dumps(manifest, indent=1, ensure_ascii=False))
        return 0
    print(_wrapped(f"{folder}: {_title(kind, manifest)}", "", "  ") + "\n")
    if kind in ("batch", "sweep"):
        held = tables(folder)
        _show_origin(folder, manifest, held)
        if kind == "sweep":
            _show_factors(manifest["factors"])
        _show_tables(held, manifest.get("digests", {}))
    else:
        _show_work(folder, manifest)
    return 0


def _title(kind: str, manifest: dict[str, Any]) -> str:
    if kind == "sweep":
        return f"a sweep, {manifest['design']['title']}"
    return f"a {kind}"


def _paragraph(label: str, *texts: str) -> None:
    """Print texts, each on lines of its own, with what they are about in the margin."""
    for text in texts:
        print(_wrapped(text, label.ljust(_LABEL), " " * _LABEL))
        label = ""


def _wrapped(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _show_origin(folder: Path, manifest: dict[str, Any], held: Sequence[TableEntry]) -> None:
    """How a batch or sweep came about, and how it went."""
    from sim.core import quarters

    design, scenarios = manifest.get("design"), manifest["scenarios"]
    if design is not None and design.get("question"):
        _paragraph("question", design["question"])
    told = []
    for one in scenarios:
        end = quarters.name(quarters.parse(one["start"]) + one["quarters"] - 1)
        told.append(f"{one['name']}: {one['title']}, {one['start']} to {end}. {one['question']}")
    _paragraph("scenario" if len(scenarios) == 1 else "scenarios", *told)
    if design is not None:
        _paragraph(
            "design",
            f"{design['mode']}, {_rows(manifest)} of {len(manifest['factors'])} factors",
        )
    case = manifest["case"]
    _paragraph(
        "case", f"{case['title']} ({case['name']}), as of {case['as_of']}, {case['hash'][:_DIGITS]}"
    )
    _paragraph("parameters", _parameters(manifest["parameters"]))
    each = "of each row" if design is not None else "of each scenario"
    _paragraph("runs", f"{manifest['runs']:,} {each}, seed {manifest['seed']}")
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    _paragraph("made", f"{manifest['created']}, with {versions}")
    _paragraph("command", manifest["command"])
    _paragraph("again", f"multivector rerun {shlex.quote(str(folder))}")
    _paragraph("status", *_status(manifest, held))
    _paragraph("outcomes", *_outcomes(manifest))


def _rows(manifest: dict[str, Any]) -> str:
    rows, distinct = manifest["rows"], manifest["distinct_rows"]
    return f"{rows:,} rows" + ("" if distinct == rows else f" ({distinct:,} of them differ)")


def _parameters(given: dict[str, Any]) -> str:
    if not given["draws"]:
        return "the centres"
    source = "the case's posterior" if given["given"] == "posterior" else given["given"]
    shared = f", each for {given['replicates']} runs" if given["replicates"] > 1 else ""
    return f"{given['draws']:,} draws of {source}{shared}, {given['hash'][:_DIGITS]}"


def _status(manifest: dict[str, Any], held: Sequence[TableEntry]) -> list[str]:
    """How many runs there are, and what went wrong in the others."""
    asked = manifest["runs"] * manifest.get("distinct_rows", 1) * len(manifest["scenarios"])
    done = next((table.rows for table in held if table.name == "runs"), 0)
    status = manifest["status"]
    if status != "complete":
        status += f": {done:,} of {asked:,} runs"
    lines = [status]
    for failure in manifest["failures"]:
        first, last = failure["first_run"], failure["first_run"] + failure["runs"] - 1
        place = f"{failure['scenario']}, runs {first} to {last}"
        if "first_row" in failure:
            start, end = failure["first_row"], failure["first_row"] + failure["rows"] - 1
            place = f"{failure['scenario']}, rows {start} to {end}, runs {first} to {last}"
        lines.append(f"{place} failed: {failure['error']}")
    return lines


def _outcomes(manifest: dict[str, Any]) -> list[str]:
    """What was kept; of a sweep the columns, which a design may choose one by one."""
    if "columns" in manifest:
        last, quarterly = manifest["columns"], manifest["columns_by_quarter"]
        return [
            f"at the last quarter: {_columns(last)}",
            f"means and variances by quarter: {_columns(quarterly)}",
        ]
    outcomes = manifest["outcomes"]
    kept = [one["name"] for one in outcomes if one["by_quarter"]]
    others = [one["name"] for one in outcomes if not one["by_quarter"]]
    lines = [f"by quarter: {', '.join(kept) or 'none'}"]
    if others:
        lines.append(f"at the last quarter only: {', '.join(others)}")
    return lines


def _columns(names: Sequence[str]) -> str:
    if not names:
        return "none"
    if len(names) <= _FEW:
        return ", ".join(names)
    outcomes = dict.fromkeys(name.split(".")[0] for name in names)
    return f"{len(names)} columns of {', '.join(outcomes)}"


def _show_factors(factors: Sequence[dict[str, Any]]) -> None:
    print("\nFactors:")
    width = max(len(factor["name"]) for factor in factors)
    for factor in factors:
        path = "" if factor["path"] == factor["name"] else f"{factor['path']}, "
        start = f"  {factor['name']:{width}}  "
        print(_wrapped(f"{path}{_values(factor)}", start, " " * len(start)))


def _values(factor: dict[str, Any]) -> str:
    """What a factor ranges over, in words."""
    if factor.get("levels"):
        return ", ".join(map(_plain, factor["levels"]))
    if one := factor.get("distribution"):
        details = (
            f"{name} {_plain(value)}" for name, value in one.items() if name != "distribution"
        )
        return f"{one['distribution']}: {', '.join(details)}"
    if factor["low"] is None:
        return str(factor["kind"])
    return f"{_plain(factor['low'])} to {_plain(factor['high'])}"


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _show_tables(held: Sequence[TableEntry], digests: dict[str, str]) -> None:
    if not held:
        print("\nIt holds no table yet.")
        return
    print("\nTables:")
    print(f"  {'':12}  {'rows':>11}  {'columns':>7}  {'size':>7}  digest")
    for table in held:
        print(
            f"  {table.name:12}  {table.rows:>11,}  {table.columns:>7,}  {_bytes(table.size):>7}  "
            f"{digests.get(table.name, '')[:_DIGITS] or '-'}"
        )
        parts = f", in {table.parts} parts" if table.parts else ""
        print(f"    {table.meaning}{parts}")


def _show_work(folder: Path, manifest: dict[str, Any]) -> None:
    """What is known of a fit or a hindcast."""
    case = manifest.get("case", {})
    if case:
        _paragraph("case", f"{case['name']}, {case['hash'][:_DIGITS]}")
    for name, value in (manifest.get("settings") or manifest.get("plan") or {}).items():
        _paragraph(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
    _paragraph("status", str(manifest.get("status", "incomplete")))
    print("\nFiles:")
    for path in sorted(folder.iterdir()):
        size = "folder" if path.is_dir() else _bytes(path.stat().st_size)
        print(f"  {size:>8}  {path.name}")


# A query


def answer_query(given: Namespace) -> int:
    """Print the answer to a query, or write it to a file."""
    from sim.experiment.query import answer

    if given.limit < 1:
        raise InputError(f"--limit: found {given.limit}; allowed: 1 or more")
    with answer(given.folder, given.sql) as batches:
        if given.csv == "-":
            _write_csv(batches, sys.stdout.buffer)
        elif given.csv or given.parquet:
            path = Path(given.csv or given.parquet)
            rows = _write_file(batches, path, "csv" if given.csv else "parquet")
            print(f"{path}: {rows:,} rows")
        else:
            _print_answer(batches, given.limit)
    return 0


def _write_csv(batches: pa.RecordBatchReader, target: Any) -> int:
    from pyarrow.csv import CSVWriter

    rows = 0
    with CSVWriter(target, batches.schema) as writer:
        for batch in batches:
            rows += batch.num_rows
            writer.write_batch(batch)
    return rows


def _write_file(batches: pa.RecordBatchReader, path: Path, form: str) -> int:
    """Write the answer piece by piece; the file is whole or not there."""
    import pyarrow.parquet as pq

    from sim.experiment.store import atomic

    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    with atomic(path) as temporary:
        if form == "csv":
            return _write_csv(batches, temporary)
        rows = 0
        with pq.ParquetWriter(temporary, batches.schema) as writer:
            for batch in batches:
                rows += batch.num_rows
                writer.write_batch(batch)
        return rows


def _print_answer(batches: pa.RecordBatchReader, limit: int) -> None:
    """Print the first rows in the width of the terminal, and say how much more there is."""
    import pyarrow as pa

    first: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if rows < limit:
            first.append(batch.slice(0, limit - rows))
        rows += batch.num_rows
        if rows > max(limit, _MOST_COUNTED):
            break
    shown = pa.Table.from_batches(first, batches.schema).to_pandas()
    text, left = _fitted(shown, shutil.get_terminal_size((_WIDTH, 24)).columns)
    print(text)
    more = []
    if rows > len(shown):
        count = f"{rows:,}" if rows <= _MOST_COUNTED else f"more than {_MOST_COUNTED:,}"
        more.append(f"the first {len(shown)} of {count} rows are shown (--limit shows more)")
    if left:
        names = ", ".join(map(str, shown.columns[-left:][:3])) + (", ..." if left > 3 else "")
        count = "1 column does" if left == 1 else f"{left:,} columns do"
        more.append(f"{count} not fit: {names} (--csv FILE writes all)")
    print(_wrapped("; ".join(more) or f"{rows:,} row{'' if rows == 1 else 's'}", "\n", ""))


def _fitted(table: pd.DataFrame, width: int) -> tuple[str, int]:
    """The first columns of a table that fit, at least one, and how many do not."""
    cells = [
        [str(name), *(_cell(value) for value in table.iloc[:, place])]
        for place, name in enumerate(table.columns)
    ]
    widths = [max(map(len, column)) for column in cells]
    fit = 1
    while fit < len(cells) and sum(widths[: fit + 1]) + 2 * fit <= width:
        fit += 1
    right = [table.dtypes.iloc[place].kind in "iuf" for place in range(fit)]
    lines = []
    for row in zip(*cells[:fit], strict=True):
        placed = (
            cell.rjust(size) if number else cell.ljust(size)
            for cell, size, number in zip(row, widths[:fit], right, strict=True)
        )
        lines.append("  ".join(placed).rstrip())
    return "\n".join(lines), len(cells) - fit


def _cell(value: Any) -> str:
    import numpy as np

    if isinstance(value, float | np.floating):
        return "-" if np.isnan(value) else f"{value:.6g}"
    text = "-" if value is None else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
