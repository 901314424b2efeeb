"""Write the tables that pages take from code and files: `python docs/write_tables.py`.

A page marks the place of a table with `<!-- table: NAME -->` and `<!-- end of table -->`. What
stands between is made here, and a test fails where a page holds anything else.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from sim.case import Case, load_case
from sim.case.schema import ATTRIBUTES
from sim.core import step as schedule
from sim.core.drivers import DRIVERS
from sim.core.leverage import vulnerability
from sim.core.position import autonomy
from sim.core.reference import reference
from sim.core.state import State
from sim.core.streams import Streams, draw_quarter
from sim.core.world import Parameters
from sim.scenario import compile_plan, load_scenario

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "docs" / "odd.md", ROOT / "docs" / "limits.md")
CASE = "central_asia"
_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)

GREEK = {
    "alpha": "α", "beta": "β", "chi": "χ", "delta": "δ", "ell": "ℓ", "epsilon": "ε", "eta": "η",
    "gamma": "γ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "omega": "ω", "phi": "φ",
    "pi": "π", "psi": "ψ", "rho": "ρ", "sigma": "σ", "tau": "τ", "theta": "θ", "xi": "ξ",
    "zeta": "ζ",
}  # fmt: skip
LETTERS = {
    "country": "c", "power": "p", "other": "q", "channel": "k", "route": "g", "sector": "l",
    "season": "season",
}  # fmt: skip

# Symbols of the equations in odd.md.
ATTRIBUTE_SYMBOLS = {
    "exposure": "E0", "share": "S0", "substitution": "σ", "season": "season", "control": "ctrl",
    "value": "v", "budget": "B", "claim": "claim", "weight": "n", "openness": "open",
    "reexport_access": "access", "reexport_ceiling": "zmax", "neutrality": "neut",
    "position": "x_obs", "wariness": "π_0", "cohesion": "h_ref", "responsiveness": "r",
    "adjustment": "a", "drift": "drift", "realisation": "ζ", "hydrocarbon": "hyd", "gdp": "gdp",
    "growth": "growth",
}  # fmt: skip
DRIVER_SYMBOLS = {
    "distraction": "d", "boost": "boost", "format": "m", "agenda": "agenda", "stance": "y",
    "demand": "g", "exchange_rate": "fx", "migration": "mig", "alarm": "alarm", "access": "acc",
    "barrier": "τ", "enforcement": "e", "coordination": "coord", "sanctions": "ς",
    "security_threat": "θ", "oil": "oil", "frost": "frost", "consultation": "consultation",
    "drift": "drift", "transit_days": "days", "preference": "υ", "exposure": "ε",
    "activity": "act", "throughput": "thr",
}  # fmt: skip
# Symbol, axes, unit, meaning.
STATE_WORDS = {
    "share": ("S", "cpk", "share of the channel", "what a partner supplies"),
    "own_measures": ("N", "cpk", "share of the flow stopped", "measures that a power has in force"),
    "attention": ("b", "cp", "budget units", "attention as the country feels it"),
    "announced": ("An", "cpl", "share of GDP", "deals announced so far"),
    "committed": ("Q", "cpl", "share of GDP", "commitments not yet disbursed"),
    "realised": ("F", "cpl", "share of GDP", "stock of realised deals"),
    "fear": ("π", "cp", "0 to 1", "perceived hazard of coercion"),
    "capacity": ("Cap", "g", "share of base flow", "capacity of a route"),
    "building": ("Build", "g", "share of base flow", "capacity under construction"),
    "position": ("x", "c", "−1 to 1", "position on the contested axis"),
    "reexport": ("z", "c", "0 to 1", "re-export intensity, of its ceiling"),
    "output": ("yv", "c", "log points", "output against its trend"),
    "cohesion": ("h", "", "0 to 1", "joint voice of the region"),
    "concession": ("K", "cp", "0 to 1", "memory of having complied"),
    "drivers": ("u", "by driver", "by driver", "the drivers of section 6"),
}
# How a figure of the case comes about; the derivation of each row says it with its numbers.
TRANSFORMATIONS = {
    "exposure": "trade: exports and imports over two and GDP; labour: remittances over GDP, mean "
    "of two years; transit: value on routes over GDP; energy: imports times 1.5 over GDP; "
    "capital: a tenth of stocks over GDP; clearing: settled payments over GDP times 0.1",
    "share": "trade: one reporter's trade with the power over its trade with the world; labour: "
    "transfers by origin; security: arms and memberships; routes: computed from their volumes "
    "and values",
    "residual": "what is left to suppliers outside the table",
    "substitution": "one elasticity a channel from the literature on trade, judgement elsewhere",
    "season": "imports of gas and power bunch in winter; mean of the year 1",
    "control": "read from episodes and from who owns or may stop what; no measure exists",
    "value": "mean of the country's shares of the five in GDP, trade, events of cooperation and "
    "visits",
    "budget": "mean of contacts, events and trade, relative to the power that is the unit",
    "claim": "hierarchy read from treaties",
    "weight": "GDP over the GDP of the core countries",
    "openness": "judgement on absorptive openness",
    "reexport_access": "membership in customs unions",
    "reexport_ceiling": "rise of exports to the sanctioned power over GDP, at the intensity then",
    "neutrality": "(absences + ½) over (roll calls + 1)",
    "position": "mean of the posterior of the vote model over the roll calls up to the base",
    "wariness": "a survey where there is one, judgement elsewhere",
    "cohesion": "meetings of the region without an outside power",
    "responsiveness": "relative to trade, which follows visits in the literature",
    "adjustment": "judgement on how long half a gap takes",
    "drift": "mean yearly change of log shares up to the base, shrunk by its standard error",
    "realisation": "judgement on pledges and pay-outs of each power",
    "hydrocarbon": "oil and gas over all value on routes",
    "gdp": "current dollars, recovered from ratios of one vintage",
    "growth": "mean growth of the eight years up to the base",
    "migrants": "registrations for work, estimates of the country of origin",
}


def greek(symbol: str) -> str:
    """A symbol of the case's tables as the equations write it: `epsilon_rem` is `ε_rem`."""
    if symbol == "lambda_z/lambda":
        return "λ_rel"
    head, underscore, tail = symbol.partition("_")
    return GREEK.get(head, head) + underscore + GREEK.get(tail, tail)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _case() -> Case:
    return load_case(str(ROOT / "calibration" / CASE))


def _counted(values: Iterable[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in Counter(values).most_common())


def entities() -> str:
    """Entities of the case of Central Asia."""
    case = _case()
    told = {
        "country": ("country", "decides as one: portfolio, compliance, position, votes, bypasses"),
        "power": ("power", "spends attention, offers deals, threatens; one row is the region"),
        "channel": ("channel", "what flows between them; has one of seven roles"),
        "route": ("route", "a named line or corridor of one country and channel"),
        "sector": ("sector", "of deals; strengthens one channel"),
        "text": ("text", "a family of General Assembly texts"),
    }
    tables = ("countries", "powers", "channels", "routes", "sectors", "texts")
    rows = []
    for (entity, (column, role)), table in zip(told.items(), tables, strict=True):
        codes = list(dict.fromkeys(row[column] for row in case.table(table)))
        shown = ", ".join(codes) if len(codes) < 10 else f"{len(codes)}, see `{table}.csv`"
        rows.append((entity, role, shown))
    return _table(("entity", "what it does", f"in `{CASE}`"), rows)


def state() -> str:
    """State variables."""
    rows = []
    for one in fields(State):
        symbol, axes, unit, meaning = STATE_WORDS[one.name]
        index = f"`{symbol}_{axes}`" if axes and axes != "by driver" else f"`{symbol}`"
        rows.append((index, f"`{one.name}`", unit, meaning))
    return _table(("symbol", "`sim.core.state.State`", "unit", "meaning"), rows)


def _indexed(symbol: str, axes: Sequence[str]) -> str:
    letters = "".join(LETTERS[axis] for axis in axes if axis != "season")
    comma = "," if "_" in symbol else "_"
    return f"`{symbol}{comma}{letters}`" if letters else f"`{symbol}`"


def attributes() -> str:
    """Attributes with symbols, ranges and units."""
    rows = []
    for name, one in ATTRIBUTES.items():
        symbol = ATTRIBUTE_SYMBOLS.get(name)
        shown = _indexed(symbol, one.axes) if symbol else "–"
        span = f"{one.low:g} to {one.high:g}" if np.isfinite(one.high) else f"{one.low:g} or more"
        rows.append((shown, f"`{name}`", span.replace("-", "−"), one.unit, one.meaning))
    return _table(("symbol", "attribute", "range", "unit", "meaning"), rows)


def drivers() -> str:
    """Drivers with symbols, ranges and units."""
    rows = [
        (
            _indexed(DRIVER_SYMBOLS[name], one.axes),
            f"`{name}`",
            f"{one.low:g} to {one.high:g}".replace("-", "−"),
            one.unit,
            one.meaning,
        )
        for name, one in DRIVERS.items()
    ]
    return _table(("symbol", "driver", "range", "unit", "meaning"), rows)


def parameters() -> str:
    """Parameters and conventions of the shipped case."""
    rows = []
    known = {row["name"]: row for row in _case().table("parameters")}
    for one in fields(Parameters):
        row = known[one.name]
        rows.append(
            (
                row["id"],
                f"`{greek(row['symbol'])}`",
                f"`{row['name']}`",
                row["value"],
                f"{row['low']} to {row['high']}",
                row["distribution"],
                row["class"],
                row["source"].replace(";", ", "),
                row["identified_by"] or "–",
            )
        )
    head = ("id", "symbol", "name", "centre", "range", "prior", "class", "source", "told by")
    return _table(head, rows)


def steps() -> str:
    """The schedule, with the functions of the step that carry it out."""
    text = schedule.__doc__ or ""
    named = dict(re.findall(r"^(\d+) +(.+?) {2,}", text, re.MULTILINE))
    modules = dict(re.findall(r"^(\d+) .{20,}? {2,}([\w, ]+)$", text, re.MULTILINE))
    source = Path(schedule.__file__).read_text(encoding="utf-8")
    carried = {b: a for a, b in re.findall(r"= (_\w+)\(.*\)  # \((\d+)\)", source)}
    rows = [
        (
            f"({number})",
            name,
            ", ".join(f"`sim.core.{one.strip()}`" for one in modules[number].split(",")),
            f"`{carried[number]}`",
        )
        for number, name in named.items()
    ]
    return _table(("number", "submodel", "module", "in `sim.core.step`"), rows)


class _Heard(Streams):
    """Streams that note what is asked of them."""

    asked: ClassVar[dict[str, tuple[str, tuple[int, ...]]]] = {}

    def uniform(self, decision: str, *given: Any, **named: Any) -> Any:
        """A uniform draw; a normal one asks for it too and was noted first."""
        shape = given[3]
        self.asked.setdefault(decision, ("uniform", shape))
        return super().uniform(decision, *given, **named)

    def normal(self, decision: str, *given: Any, **named: Any) -> Any:
        """A standard normal draw."""
        self.asked.setdefault(decision, ("standard normal", given[3]))
        return super().normal(decision, *given, **named)


def streams() -> str:
    """Random streams of a quarter of the shipped baseline, as they are drawn."""
    world, plan = compile_plan(
        load_scenario(str(ROOT / "scenarios" / "baseline.toml")), _case(), range(2), 0
    )
    _Heard.asked = {}
    draw_quarter(0, world, plan, plan.start, 0, 2, source=_Heard)
    rows = [
        (f"`{name}`", law, " × ".join(map(str, shape)) or "1")
        for name, (law, shape) in _Heard.asked.items()
    ]
    return _table(("stream", "law", "cells a run and quarter"), rows)


def mapping() -> str:
    """ODD+2D: from sources to each attribute."""
    rows, found = [], list(_case().table("attributes"))
    for name, one in ATTRIBUTES.items():
        own = [row for row in found if row["attribute"] == name]
        years = sorted({row["year"] for row in own if row["year"]})
        dated = f"{years[0]} to {years[-1]}" if len(years) > 1 else "".join(years)
        undated = sum(not row["year"] for row in own)
        when = "; ".join(filter(None, [dated, f"{undated} without" if undated else ""]))
        sources = _counted(part for row in own for part in row["source"].split(";"))
        wide = sum(any(not row[axis] for axis in one.axes) for row in own)
        fallback = (
            f"{wide} row{'s' * (wide > 1)} for all of an index"
            if wide
            else "none: a gap is refused"
        )
        rows.append(
            (
                f"`{name}`",
                one.unit,
                TRANSFORMATIONS[name],
                len(own),
                when,
                sources,
                _counted(row["confidence"] for row in own),
                fallback,
            )
        )
    head = ("attribute", "unit", "transformation", "rows", "years", "sources", "confidence")
    return _table((*head, "fallback"), rows)


def patterns() -> str:
    """The stylised facts, as the tests of them are named."""
    path = ROOT / "tests" / "facts" / "test_facts.py"
    rows = []
    names = [row["name"] for table in ("countries", "powers") for row in _case().table(table)]
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and (match := re.match(r"test_F(\d+)_", node.name)):
            failing = any("xfail" in ast.unparse(one) for one in node.decorator_list)
            words = node.name[match.end() :].replace("_", " ")
            for name in names:
                words = words.replace(name.lower(), name)
            rows.append((f"F{int(match[1])}", words, "fails, as expected" if failing else "holds"))
    return _table(("pattern", "what the test asks for", "outcome"), rows)


def limits() -> str:
    """What every report says of its limits."""
    text = (ROOT / "sim" / "report" / "limits.toml").read_text(encoding="utf-8")
    return (
        "\n".join(f"* **{one['title']}.** {one['text']}" for one in tomllib.loads(text)["limit"])
        + "\n"
    )


def _validation(heading: str, number: int = 0) -> list[list[str]]:
    """Cells of a table under a heading of the page on validation, its head first."""
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    under = page[page.index(f"\n{heading}") :]
    found = re.findall(r"(?:^\|.*\|\n)+", under, re.MULTILINE)[number]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()]
    return [rows[0], *rows[2:]]


def coverage() -> str:
    """Where intervals held too few figures: below their share by five points or more."""
    rows = []
    for origin, number in (("2018", 0), ("all", 1)):
        for cells in _validation("#### Intervals", number)[1:]:
            shares = [int(cell.split()[0]) for cell in cells[2:5]]
            short = [share <= asked - 5 for share, asked in zip(shares, (50, 80, 95), strict=True)]
            if any(short):
                told = [
                    f"**{one}**" if low else one for one, low in zip(cells[2:5], short, strict=True)
                ]
                rows.append((origin, cells[0].strip("*"), cells[1], *told))
    return _table(("origin", "family", "figures", "50 %", "80 %", "95 %"), rows)


_SKILL = re.compile(r"([+-][\d.]+)(?: \[([+-][\d.]+), ([+-][\d.]+)\])?")


def _gains(skill: str) -> bool:
    """Is the skill above 0, and its interval, if there is one."""
    point, low, _ = _SKILL.fullmatch(skill).groups()  # type: ignore[union-attr]
    return float(low if low is not None else point) > 0


def not_better() -> str:
    """Comparisons in which the model cannot be told to be better than a simple forecast."""
    rows: list[tuple[str, ...]] = []
    skill = "### Volumes and shares, 2019 to 2022"
    for origin, number in (("2018", 0), ("all", 1)):
        head, *families = _validation(skill, number)
        for cells in families:
            for against, value in zip(head[2:], cells[2:], strict=True):
                if not _gains(value):
                    rows.append((origin, cells[0].strip("*"), against, value))
    for cells in _validation("### Votes")[1:]:
        if not _gains(cells[6]):
            rows.append((cells[0], f"votes, {cells[1]}", cells[3], cells[6]))
    for cells in _validation("### Coercion")[1:]:
        if not _gains(cells[6]):
            rows.append((cells[0], "coercion", "frequency", f"{cells[6]} nats"))
    return _table(("origin", "what", "against", "skill"), rows)


def indices() -> str:
    """Ways to measure hedging, at the base of the shipped case and the centre of the parameters."""
    world = _case().build()
    base = reference(world)
    given = world.attributes
    leverage = vulnerability(given.exposure, given.share, given.control, given.substitution)
    total = leverage.sum(axis=2)
    stock = world.parameters.stock_weight * base.terms * base.realised.sum(axis=2)
    own = autonomy(total + stock, world.parameters.own_weight)
    logs = np.log(np.where(base.alignment > 0, base.alignment, 1.0))
    evenness = -(base.alignment * logs).sum(axis=1) / np.log(len(world.names.powers))
    rows = []
    for c, code in enumerate(world.names.countries):
        score = 50.0 * (1.0 + given.position[c, 0])
        rows.append(
            (
                code,
                f"{evenness[c, 0]:.2f}",
                f"{(base.alignment[c, :, 0] ** 2).sum():.2f}",
                f"{total[c, :, 0].max():.2f}",
                f"{own[c, 0]:.2f}",
                f"{score:.0f}",
                "yes" if 45 <= score <= 55 else "no",
            )
        )
    head = ("country", "evenness", "concentration", "largest leverage", "autonomy", "score")
    return _table((*head, "in the band of 45 to 55"), rows)


TABLES: dict[str, Callable[[], str]] = {
    one.__name__: one
    for one in (
        entities, state, attributes, drivers, parameters, steps, streams, mapping, patterns,
        limits, coverage, not_better, indices,
    )
}  # fmt: skip


def rewritten(text: str) -> str:
    """A page with its tables as they are now."""
    return _MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(rewritten(page.read_text(encoding="utf-8")), encoding="utf-8")
