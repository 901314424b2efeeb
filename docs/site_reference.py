"""Writes the pages of the reference from the code: commands, files, outcomes, parameters, Python.

Run by `conf.py` before every build; git ignores what it writes.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, Discriminator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import sim
from sim.case import load_case
from sim.case.schema import (
    ATTRIBUTES,
    DRAWN,
    INFINITY,
    KEYS,
    NEEDED,
    OPTIONAL,
    TABLES,
    Column,
)
from sim.cli.main import parser
from sim.cli.parsing import Parser
from sim.core.drivers import DRIVERS
from sim.core.indicators import INDICATORS
from sim.experiment.design import DesignFile, Factor
from sim.scenario import load_scenario
from sim.scenario.distributions import DISTRIBUTIONS
from sim.scenario.schema import (
    FORMS,
    KINDS,
    Attribute,
    Headline,
    Horizon,
    Membership,
    Quarter,
    ScenarioFile,
    Switches,
    Within,
)

ROOT = Path(__file__).resolve().parents[1]
MADE = "<!-- Made from the code by docs/site_reference.py; changes here are lost. -->\n\n"

# ---------------------------------------------------------------------------- Markdown


def code(text: object) -> str:
    """A text as code, whatever it holds."""
    return f"`{text}`"


def cell(text: object) -> str:
    """A text as a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n\n"


def span(low: float, high: float) -> str:
    """A range in words."""
    if low == -INFINITY and high == INFINITY:
        return ""
    least, most = (
        f"{one:,.0f}" if 1e5 <= abs(one) < INFINITY else f"{one:g}" for one in (low, high)
    )
    if high == INFINITY:
        return f"{least} or more"
    return f"up to {most}" if low == -INFINITY else f"{least} to {most}"


# ---------------------------------------------------------------------------- commands


def _told(action: argparse.Action, of: Parser) -> str:
    if action.help is None:
        return ""
    return of._get_formatter()._expand_help(action)


def _called(action: argparse.Action) -> str:
    if action.option_strings:
        names = ", ".join(action.option_strings)
        if action.nargs == 0:
            return names
        return f"{names} {_value(action)}"
    return _value(action)


def _value(action: argparse.Action) -> str:
    if action.metavar is None and action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    named = action.metavar or action.dest.upper()
    named = " ".join(named) if isinstance(named, tuple) else named
    return f"{named} ..." if action.nargs in ("+", "*") else str(named)


def command_sections(of: Parser, level: int = 2) -> Iterator[str]:
    """A section for a command, and one for each command below it."""
    for name, sub in of.commands.items():
        yield f"{'#' * level} `{sub.prog.removeprefix('multivector ')}`\n\n"
        yield f"{sub.description}\n\n"
        usage = " ".join(sub.format_usage().split()).removeprefix("usage: ")
        if not sub.commands:
            yield f"```text\n{usage}\n```\n\n"
            actions = [one for one in sub._actions if one.dest != "help"]
            yield table(
                ("argument", "meaning"), [(code(_called(one)), _told(one, sub)) for one in actions]
            )
        if sub.epilog:
            yield f"```text\n{sub.epilog.strip()}\n```\n\n"
        assert name == sub.prog.split()[-1]
        yield from command_sections(sub, level + 1)


def commands_page() -> str:
    """Every command with its arguments, from its own parser."""
    top = parser()
    listed = [
        (f"[`{name}`](#{name})", (sub.description or "").rstrip("."))
        for name, sub in top.commands.items()
    ]
    return (
        "# Commands\n\n"
        "What `multivector COMMAND --help` says. A command ends with exit code 0; with 1 if runs "
        "failed or what was checked is wrong; with 2, and one line that says what was found and "
        "what is allowed, if an input cannot be used; with 130 if it was interrupted.\n\n"
        + table(("command", "what it does"), listed)
        + "".join(command_sections(top))
    )


# ---------------------------------------------------------------------------- files


def _members(kind: object) -> list[Any]:
    return [one for one in get_args(kind) if one is not NoneType]


def kind_of(annotation: object, metadata: Iterable[object] = ()) -> tuple[str, list[str]]:
    """What a value is, and the limits it has to keep, in words.

    Parameters
    ----------
    annotation : object
        The type of a field, as pydantic keeps it.
    metadata : iterable of object
        What `Annotated` says of it.
    """
    notes = list(metadata)
    if annotation is int and any(one in Quarter.__metadata__ for one in notes):
        return 'quarter, as in "2023Q1"', []
    limits = list(_limits(notes))
    if any(isinstance(one, Discriminator) for one in notes):
        return "number or distribution", limits
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        words, within = kind_of(inner, [*more, *notes])
        return words, within
    if origin is Literal:
        return "one of " + ", ".join(
            f'"{v}"' if isinstance(v, str) else str(v) for v in get_args(annotation)
        ), limits
    if origin is list:
        (one,) = get_args(annotation)
        words, within = kind_of(one)
        return f"list: {words}", [*within, *limits]
    if origin is dict:
        words, within = kind_of(get_args(annotation)[1])
        return f"table: {words}", [*within, *limits]
    members = _members(annotation)
    if members and all(isinstance(one, type) and issubclass(one, BaseModel) for one in members):
        return "distribution" if members[0] in DISTRIBUTIONS.values() else "tables", limits
    if len(members) == 1:
        words, within = kind_of(members[0])
        return words, [*within, *limits]
    if members:
        pairs = [kind_of(one) for one in members]
        return " or ".join(dict.fromkeys(words for words, _ in pairs)), limits
    plain = {str: "text", float: "number", int: "whole number", bool: "true or false"}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table", limits
    return plain.get(annotation, "value"), limits  # type: ignore[call-overload]


def _limits(notes: Iterable[object]) -> Iterator[str]:
    low, high = -INFINITY, INFINITY
    above = below = False
    for one in _flat(notes):
        rule = getattr(one, "func", None)
        if isinstance(rule, Within):
            low, high, above = rule.low, rule.high, rule.above
        elif isinstance(one, annotated_types.Ge):
            low = float(one.ge)  # type: ignore[arg-type]
        elif isinstance(one, annotated_types.Le):
            high = float(one.le)  # type: ignore[arg-type]
        elif isinstance(one, annotated_types.Gt):
            low, above = float(one.gt), True  # type: ignore[arg-type]
        elif isinstance(one, annotated_types.Lt):
            high, below = float(one.lt), True  # type: ignore[arg-type]
    if (low, high) == (-1e12, 1e12):
        return
    if high >= 1e12:
        high = INFINITY
    if words := span(low, high):
        words = f"above {low:g}" if above and high == INFINITY else words
        words += f", {low:g} left out" if above and high < INFINITY else ""
        yield words + (f", {high:g} left out" if below else "")


def _flat(notes: Iterable[object]) -> Iterator[object]:
    for one in notes:
        if isinstance(one, FieldInfo):
            yield from _flat(one.metadata)
        else:
            yield one


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.default
    if value is PydanticUndefined or value is None or isinstance(value, BaseModel):
        return ""
    if value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return code("true" if value else "false")
    return code(f"{value:g}" if isinstance(value, float) else value)


def fields_table(model: type[BaseModel], without: Sequence[str] = ()) -> str:
    """The keys of a table of a file: what each is, its range, its default, its meaning."""
    rows = []
    for name, field in model.model_fields.items():
        written = field.alias or name
        if written in without:
            continue
        words, limits = kind_of(field.annotation, field.metadata)
        rows.append(
            (code(written), words, "; ".join(limits), _default(field), field.description or "")
        )
    return table(("key", "is", "range", "default", "meaning"), rows)


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]


def scenario_page() -> str:
    """Every table and key of a scenario file."""
    tables = {"horizon": Horizon, "membership": Membership, "switches": Switches}
    lists = {"attribute": Attribute, "headline": Headline}
    parts = [
        "# Scenario files\n\n"
        "Every table and key that a scenario file may have, as the program checks them; "
        "[How to write scenarios](../scenarios.md) explains them with examples. A *number or "
        "distribution* is a number, or a table with the key `distribution`; its whole range must "
        "lie within the range allowed.\n\n## The file\n\n",
        fields_table(ScenarioFile),
    ]
    for name, model in tables.items():
        parts.append(f"## `[{name}]`\n\n{_summary(model)}\n\n{fields_table(model)}")
    for name, model in lists.items():
        parts.append(f"## `[[{name}]]`\n\n{_summary(model)}\n\n{fields_table(model)}")
    parts.append("## `[[path]]`\n\nA mean path of a driver, in one of these forms.\n\n")
    for name, model in FORMS.items():
        parts.append(
            f'### `form = "{name}"`\n\n{_summary(model)}\n\n{fields_table(model, ["form"])}'
        )
    parts.append("## `[[event]]`\n\nSomething that happens on a date, of one of these kinds.\n\n")
    for name, model in KINDS.items():
        parts.append(
            f'### `kind = "{name}"`\n\n{_summary(model)}\n\n{fields_table(model, ["kind"])}'
        )
    parts.append("## Distributions\n\nWhat may stand in the place of a number.\n\n")
    for name, model in DISTRIBUTIONS.items():
        shown = fields_table(model, ["distribution"])
        parts.append(f'### `distribution = "{name}"`\n\n{_summary(model)}\n\n{shown}')
    return "".join(parts)


def design_page() -> str:
    """Every key of a design file."""
    return (
        "# Design files\n\nEvery key that a design may have; [Designs](../designs.md) explains "
        "them with examples.\n\n## The file\n\n"
        + fields_table(DesignFile)
        + f"## `[[factor]]`\n\n{_summary(Factor)}\n\n{fields_table(Factor)}"
    )


# ---------------------------------------------------------------------------- what is measured


def outcomes_page() -> str:
    """Every outcome: for what it is measured, its unit and meaning."""
    rows = [
        (
            code(one.name) + (" \\*" if one.headline else ""),
            ", ".join(one.axes) or "-",
            code(".".join([one.name, *(axis.upper() for axis in one.axes)])),
            one.unit,
            one.meaning,
        )
        for one in INDICATORS.values()
    ]
    return (
        f"# Outcomes\n\nThe {len(INDICATORS)} outcomes that a run measures. All are kept at the "
        "last quarter; those with a star are kept at every quarter unless a command is told "
        "otherwise. `multivector outcomes WORD` searches this list. The equations are on the "
        "page on [the model](../model.md).\n\n"
        + table(("outcome", "for each", "column in results", "unit", "meaning"), rows)
    )


def drivers_page() -> str:
    """Every driver: its axes, range, unit and meaning."""
    rows = [
        (code(name), ", ".join(one.axes) or "-", span(one.low, one.high), one.unit, one.meaning)
        for name, one in DRIVERS.items()
    ]
    return (
        "# Drivers\n\nWhat comes to the region from outside: a case gives each driver its "
        "reference path and noise, a scenario may set it with a `[[path]]` "
        "([forms](scenario_files.md)). Values that a path would take out of the range are cut "
        "off at its ends.\n\n" + table(("driver", "for each", "range", "unit", "meaning"), rows)
    )


def _limit(text: str) -> str:
    return text or "-"


def shipped_cases() -> list[str]:
    """The names of the cases in the repository."""
    return sorted(path.parent.name for path in (ROOT / "calibration").glob("*/case.toml"))


def parameters_page() -> str:
    """The parameters of every shipped case, from its file."""
    parts = [
        "# Parameters\n\nThe parameters of the decision rules and adjustment equations, from the "
        "`parameters.csv` of each shipped case: the centre, the range before any fitting, and "
        "where both come from. What fitting makes of them is on the page on "
        "[validation](../validation.md). Class A parameters have a published estimate or "
        "measured counterpart; class B are set by judgement; a norm or convention is a choice of "
        "scale.\n\n"
    ]
    for name in shipped_cases():
        case = load_case(name)
        rows = [
            (
                code(row["name"]),
                row["symbol"].replace("_", "\\_"),
                row["value"],
                f"{row['low']} to {row['high']}" if row["low"] else "-",
                _limit(row["distribution"]),
                row["class"],
                code(row["source"]) if row["source"] else "-",
                row["derivation"],
            )
            for row in case.table("parameters")
        ]
        parts.append(
            f"## {case.title}\n\nThe case `{name}`, {len(rows)} parameters.\n\n"
            + table(
                ("parameter", "symbol", "value", "range", "prior", "class", "source", "derivation"),
                rows,
            )
        )
    return "".join(parts)


# ---------------------------------------------------------------------------- the case


def _column_kind(column: Column) -> str:
    if column.table:
        return f"a {TABLES[column.table][0].name} of `{column.table}.csv`"
    if column.allowed:
        return "one of " + ", ".join(map(code, column.allowed))
    return {"flag": "0 or 1", "colour": "colour as #RRGGBB"}.get(column.kind, column.kind)


def case_page() -> str:
    """Every table of a case with its columns, and every attribute."""
    parts = [
        "# Tables of a case\n\nA case is a folder with `case.toml` and these tables, each a CSV "
        "file; [the page on the case](../case.md) says what each is for and how to make your "
        "own. `multivector case check FOLDER` holds a folder against these rules.\n\n"
    ]
    for name, columns in TABLES.items():
        need = "optional" if name in OPTIONAL else "may hold its header only"
        need = "needed, with rows" if name in NEEDED else need
        need += "; only drawn, no run depends on it" if name in DRAWN else ""
        keys = " and ".join(map(code, KEYS[name])) if name in KEYS else "all columns"
        rows = [
            (
                code(one.name),
                _column_kind(one),
                span(one.low, one.high),
                ", ".join(
                    word
                    for word, holds in (
                        ("cells may be blank", one.blank),
                        ("column optional", one.optional),
                    )
                    if holds
                ),
            )
            for one in columns
        ]
        parts.append(f"## `{name}.csv`\n\nThe file is {need}. A row is told by its {keys}.\n\n")
        parts.append(table(("column", "is", "range", "may be missing"), rows))
    rows = [
        (code(name), ", ".join(one.axes) or "-", span(one.low, one.high), one.unit, one.meaning)
        for name, one in ATTRIBUTES.items()
    ]
    parts.append("## Attributes\n\nThe quantities that `attributes.csv` gives, a row a value.\n\n")
    parts.append(table(("attribute", "for each", "range", "unit", "meaning"), rows))
    return "".join(parts)


# ---------------------------------------------------------------------------- Python


def _directive(kind: str, name: str) -> str:
    # What pydantic and Mesa add to their classes is explained there.
    options = (
        "" if kind == "autofunction" else "   :exclude-members: model_config, model_post_init\n"
    )
    return f"```{{eval-rst}}\n.. {kind}:: {name}\n{options}```\n\n"


def public_names() -> dict[str, list[str]]:
    """The names of single modules that are public, by module, as the page on the API has them."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.finditer(r"^\| `(sim[\w.]*)` \|([^|]*)\|", page, re.MULTILINE)
    return {row[1]: re.findall(r"`(\w+)`", row[2]) for row in rows}


def _entries(module: str, names: Iterable[str], shown: set[object]) -> Iterator[str]:
    for name in names:
        owner = getattr(import_module(module), name)
        if owner not in shown:
            shown.add(owner)
            kind = "autoclass" if isinstance(owner, type) else "autofunction"
            yield f"### `{module}.{name}`\n\n"
            yield _directive(kind, f"{owner.__module__}.{owner.__qualname__}")


def python_page() -> str:
    """What the package offers to Python, from its docstrings."""
    shown: set[object] = set()
    parts = [
        "# Python\n\n`import sim` offers the functions and classes of the first section by name; "
        "[what stays stable](../api.md) says which names can be relied on. Those of single "
        "modules follow.\n\n## What `sim` offers\n\n",
        *_entries("sim", sim.__all__, shown),
    ]
    for module, names in public_names().items():
        parts += [f"## `{module}`\n\n", *_entries(module, names, shown)]
    return "".join(parts)


# ---------------------------------------------------------------------------- other pages


def moved(page: Path) -> str:
    """A page of the repository from outside `docs`, its links as they lead from here."""

    def led(found: re.Match[str]) -> str:
        return "](" + os.path.relpath(page.parent / found[1], ROOT / "docs" / "reference")

    return re.sub(r"\]\((?!\w+:|#)([^)#\s]+)", led, page.read_text(encoding="utf-8"))


def shipped_scenarios_page() -> str:
    """The scenarios that come along: what each asks, and the page on them."""
    rows = []
    for path in sorted((ROOT / "scenarios").glob("*.toml")):
        scenario = load_scenario(path)
        rows.append((code(scenario.name), code(scenario.case), scenario.title, scenario.question))
    about = moved(ROOT / "scenarios" / "README.md").replace(
        "# The scenarios", "# Shipped scenarios", 1
    )
    return about + "\n## All of them\n\n" + table(("scenario", "case", "title", "question"), rows)


# ---------------------------------------------------------------------------- all of it

PAGES = {
    "commands": commands_page,
    "scenario_files": scenario_page,
    "design_files": design_page,
    "outcomes": outcomes_page,
    "drivers": drivers_page,
    "parameters": parameters_page,
    "case_tables": case_page,
    "python": python_page,
    "shipped_scenarios": shipped_scenarios_page,
    "changes": lambda: moved(ROOT / "CHANGELOG.md"),
}


def write(folder: Path) -> None:
    """Write all pages into a folder; those that would not change are left as they are.

    Parameters
    ----------
    folder : Path
        Made if missing.
    """
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        text = MADE + page()
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
