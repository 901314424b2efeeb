"""The command `compare`: scenarios compared run by run."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.parsing import (
    Parser,
    add_engine,
    chosen_engine,
    picture_file,
    stored,
    whole_number,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.analysis.pairing import Side

_WIDTH = 100  # of a printed table
_EXPLAINED = (
    "mean, against: means over runs of the first and the second. difference: mean of the\n"
    "differences run by run, +- half of its interval of 90 percent. above: share of runs in which\n"
    "the first is above the second. effect: difference / standard deviation over runs; sorts the\n"
    "table. from: first quarter whose interval leaves out zero, of outcomes kept by quarter.\n"
    "Columns that the page has no room for are in the file that --out names."
)


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "compare", "compare scenarios run by run: the first less each of the others"
    )
    parser.add_argument(
        "sides",
        metavar="A",
        nargs="+",
        help="results folder, DIR:SCENARIO of a folder of several, or a scenario (name or path), "
        "which is then run as the stored results beside it were. A folder of several alone: each "
        "of its scenarios less its first",
    )
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes or columns; default: all that were recorded",
    )
    parser.add_argument(
        "--headline", action="store_true", help="headline outcomes only, those kept by quarter"
    )
    parser.add_argument(
        "--at",
        metavar="WHEN",
        default="end",
        help="end (default: the last quarter that both have), mean (over the quarters that both "
        "have), or a quarter, as 2030Q4",
    )
    parser.add_argument(
        "--top", type=whole_number, default=20, metavar="N", help="rows printed; default: 20"
    )
    parser.add_argument("--out", metavar="FILE", help="also write the whole table to a .csv file")
    parser.add_argument(
        "--effects-out", metavar="FILE", help="also write the effects by quarter to a .csv file"
    )
    parser.add_argument(
        "--picture",
        metavar="FILE",
        help="draw the largest effects, and the effects over time, as FILE.png and "
        "FILE_over_time.png, or into a folder",
    )
    own = parser.add_argument_group("scenarios that have to be run")
    own.add_argument("-n", "--runs", type=whole_number, metavar="N", help="runs of each")
    own.add_argument("--seed", type=whole_number, metavar="N", help="root seed")
    own.add_argument(
        "--parameters", metavar="WHICH", help="posterior, point, or a .parquet file of draws"
    )
    own.add_argument(
        "--replicates", type=whole_number, metavar="K", help="consecutive runs that share a draw"
    )
    add_engine(own)
    own.add_argument(
        "--results",
        metavar="DIR",
        help="their results folder; default: results/compare-<names>-<runs>. Finished runs of the "
        "same scenarios that it holds are used",
    )
    own.add_argument(
        "--overwrite", action="store_true", help="replace the results that the folder holds"
    )
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Compare, print the largest effects, and write what was asked for."""
    import pandas as pd

    from sim.analysis.comparison import comparison, effects_over_time, variance_saved

    _check(given)
    tables: list[pd.DataFrame] = []
    effects: list[pd.DataFrame] = []
    pairs = _pairs(given)
    for first, second in pairs:
        chosen = _headlines(first) if given.headline else given.outcome
        sides = first.result, second.result, first.scenario, second.scenario
        tables.append(comparison(*sides, outcomes=chosen, at=given.at))
        if given.effects_out is not None or given.picture is not None:
            effects.append(effects_over_time(*sides, outcomes=chosen))
    written: list[object] = []  # before anything is printed, in case nobody reads to the end
    for path, parts in ((given.out, tables), (given.effects_out, effects)):
        if path is not None:
            _write(pd.concat(parts, ignore_index=True), path)
            written.append(path)
    if given.picture is not None:
        written += _draw(pairs, tables, effects, given.picture, given.top)
    for (first, second), table in zip(pairs, tables, strict=True):
        print(_page(first, second, table, given.top))
    print(_EXPLAINED)
    print(_pairing(variance_saved(pd.concat(tables, ignore_index=True))))
    for path in written:
        print(path)
    return 0


def _check(given: Namespace) -> None:
    from sim.core.errors import InputError

    if given.top < 1:
        raise InputError(f"--top: found {given.top}; allowed: 1 or more")
    if given.headline and given.outcome:
        raise InputError("--headline and --outcome exclude each other; give one")


# What is compared


def _pairs(given: Namespace) -> list[tuple[Side, Side]]:
    """The scenarios to compare, each with what it is compared with; named ones are run first."""
    from sim.analysis.pairing import Side
    from sim.core.errors import InputError

    found = [stored(text) for text in given.sides]
    if len(found) == 1:
        if not found[0]:
            raise InputError(
                f"{given.sides[0]}: name a second scenario or results folder to compare it with"
            )
        result, names = found[0]
        if len(names) < 2:
            raise InputError(
                f"{given.sides[0]}: this is one scenario; name another scenario or results folder "
                "to compare it with"
            )
        first = Side(result, names[0])
        return [(Side(result, name), first) for name in names[1:]]
    named = [text for text, one in zip(given.sides, found, strict=True) if not one]
    made: Any = _run(named, [one[0] for one in found if one], given) if named else None
    sides = []
    for text, one in zip(given.sides, found, strict=True):
        if one:
            result, names = one
            if len(names) > 1:
                raise InputError(
                    f"{text}: this folder holds several scenarios; say which as {text}:{names[0]} "
                    f"(scenarios: {', '.join(names)})"
                )
            sides.append(Side(result, names[0]))
        else:
            sides.append(Side(made, _name(text)))
    return [(sides[0], other) for other in sides[1:]]


def _name(text: str) -> str:
    from sim.scenario import load_scenario

    return load_scenario(text).name


def _run(names: list[str], beside: list[Any], given: Namespace) -> Any:
    """Run scenarios as the first stored result was run, but for what was asked for."""
    from sim.case import load_case
    from sim.core.errors import InputError
    from sim.experiment.batch import batch
    from sim.scenario import load_scenario

    loaded = [load_scenario(name) for name in names]
    settings: dict[str, Any] = {"parameters": "posterior", "replicates": 1}
    if beside:
        manifest = beside[0].manifest
        hashes = {str(one.case): load_case(str(one.case)).hash() for one in loaded}
        for scenario in loaded:
            if hashes[str(scenario.case)] != manifest["case"]["hash"]:
                raise InputError(
                    f"{scenario.name} cannot be run to be compared with {beside[0].folder}: its "
                    "case is another, or has changed since"
                )
        drawn = manifest["parameters"]
        if str(drawn["given"]).startswith("draws ") and given.parameters is None:
            raise InputError(
                f"{beside[0].folder}: its parameters were drawn from draws that are in no file, so "
                f"that {loaded[0].name} cannot be run beside it; give --parameters"
            )
        kept = [one["name"] for one in manifest["outcomes"] if one["by_quarter"]]
        settings = {
            "runs": manifest["runs"],
            "seed": manifest["seed"],
            "parameters": drawn["given"],
            "replicates": drawn["replicates"],
            "trajectories": kept or "none",
        }
    for key in ("runs", "seed", "parameters", "replicates"):
        if getattr(given, key) is not None:
            settings[key] = getattr(given, key)
    runs = settings.get("runs") or loaded[0].runs
    folder = given.results or Path(
        "results", "-".join(["compare", *(one.name for one in loaded), str(runs)])
    )
    # The first side last: compared alone, the folder's first scenario is what the others are held
    # against, so the folder of two tells the same difference as the two by name.
    result = batch(
        names[::-1], out=folder, progress=sys.stderr.isatty(), overwrite=given.overwrite,
        resume=not given.overwrite, **chosen_engine(given), **settings,
    )  # fmt: skip
    print(f"Runs of {', '.join(result.scenarios)} are in {folder}.\n")
    return result


def _headlines(side: Side) -> list[str]:
    return [one["name"] for one in side.result.manifest["outcomes"] if one["headline"]]


# What is printed


def _page(first: Side, second: Side, table: pd.DataFrame, top: int) -> str:
    """The largest effects of a pair, and how many there would be by chance."""
    from sim.analysis.comparison import multiplicity

    manifest = first.result.manifest
    asked = max(manifest["runs"], second.result.manifest["runs"])
    one = table.iloc[0]
    at = "means over quarters" if one["at"] == "mean" else one["at"]
    left = f" (of {asked}; the others are not in both)" if one["runs"] < asked else ""
    lines = [
        f"{one['scenario']} less {one['against']}, {at}: {one['runs']} runs{left}, "
        f"seed {manifest['seed']}\n"
    ]
    counts = multiplicity(table)
    if not counts["differing"]:
        return f"{lines[0]}\nNo outcome differs in any run.\n"
    lines.append(_table(table[table["equal"] < 1].head(top)))
    lines.append(
        f"\nOf {counts['outcomes']} outcomes {counts['differing']} differ in a run. The intervals "
        f"of {counts['excluding']} leave out zero;\nby chance alone about {counts['by_chance']} "
        f"would. {counts['kept']} are told apart with a tenth of false ones among them\n"
        "(Benjamini and Hochberg).\n"
    )
    return "\n".join(lines)


def _table(table: pd.DataFrame) -> str:
    """A table of outcomes that fits the page: the least needed columns go first."""
    import pandas as pd

    def number(value: float) -> str:
        return f"{value:.3g}"

    shown = pd.DataFrame(
        {
            "outcome": table["outcome"],
            "unit": table["unit"],
            "mean": table["mean"].map(number),
            "against": table["mean_against"].map(number),
            "difference": table["difference"].map("{:+.3g}".format),
            "+-": ((table["high"] - table["low"]) / 2).map("{:.2g}".format),
            "above": table["above"].map("{:.0%}".format),
            "effect": table["effect"].map("{:+.2f}".format),
            "from": table["apart_from"],
        }
    )
    left = ["outcome", "unit"]
    aligned = {
        name: shown[name].str.ljust(max(len(name), int(shown[name].str.len().max())))
        for name in left
    }
    shown = shown.assign(**aligned)
    shown = shown.rename(columns={name: name.ljust(len(shown[name].iloc[0])) for name in left})
    for name in ("", "against", "from"):
        text = str(shown.drop(columns=[name] if name else []).to_string(index=False))
        if len(text.splitlines()[0]) <= _WIDTH:
            break
        if name:
            shown = shown.drop(columns=name)
    return text


def _pairing(saved: pd.DataFrame) -> str:
    """How much the pairing of runs saves, in words."""
    lines = ["\nPairing by run: times that it divides the variance of differences, median over"]
    lines.append("the outcomes that differ:")
    for one in saved.to_dict("records"):
        times = "nothing differs" if not one["differing"] else f"{one['median_differing']:,.3g}"
        share = "" if not one["differing"] else f" (5 or more in {one['at_least_5']:.0%} of them)"
        lines.append(f"  {one['scenario']} less {one['against']}: {times}{share}")
    return "\n".join(lines)


def _write(table: pd.DataFrame, path: str) -> None:
    from sim.core import quarters

    if "quarter" in table:
        table = table.assign(quarter=table["quarter"].map(quarters.name))
    table.to_csv(path, index=False)


# What is drawn


def _draw(
    pairs: list[tuple[Side, Side]],
    tables: list[pd.DataFrame],
    effects: list[pd.DataFrame],
    picture: str,
    top: int,
) -> list[Path]:
    """Draw each pair; several pairs have their scenarios in the names of the files."""
    from sim.picture.batch.comparison import effects as largest
    from sim.picture.batch.comparison import over_time
    from sim.picture.files import write

    folder, stem = picture_file(picture, "effects")
    drawn: list[tuple[str, Figure]] = []
    for (first, second), table, course in zip(pairs, tables, effects, strict=True):
        name = stem if len(pairs) == 1 else f"{stem}_{first.scenario}_less_{second.scenario}"
        if (table["equal"] < 1).any():
            drawn.append((name, largest(table, first.result.manifest, top)))
        if (course["equal"] < 1).any():
            drawn.append((f"{name}_over_time", over_time(course, table, first.result.manifest)))
    return write(drawn, folder)
