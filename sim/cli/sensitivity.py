"""The command `sensitivity`: which factors of a design drive an outcome, and how surely."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.parsing import Parser, add_engine, chosen_engine, whole_number
from sim.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.sensitivity import Study
    from sim.experiment.sweep import PlannedSweep
    from sim.experiment.sweep_result import Sweep

_WIDTH = 98
_NAME = 34  # letters of a factor's name that a table has room for
_MOST = 6  # outcomes of which tables are printed and pictures drawn if none are named
_MODES = {"sobol": "saltelli", "morris": "morris", "one_at_a_time": "one_at_a_time"}
_TABLES = {
    "table": "sensitivity.csv",
    "outcomes": "sensitivity_outcomes.csv",
    "over_time": "sensitivity_over_time.csv",
    "convergence": "sensitivity_convergence.csv",
}
_OPTIONS = ("method", "points", "runs", "jobs", "cluster", "out")  # that a stored sweep has not


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("sensitivity", "tell which factors drive an outcome, and how surely")
    parser.add_argument(
        "source",
        metavar="RESULT|DESIGN",
        help="folder of a sweep, or a design (name or .toml file), which is run first",
    )
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes or columns; default: those the design names, else the headline ones of "
        "countries and of the region",
    )
    parser.add_argument(
        "--at", metavar="QUARTER", default="end", help="end (default) or a quarter, as 2030Q4"
    )
    parser.add_argument("--scenario", metavar="NAME", help="one of the design's; default: each")
    parser.add_argument(
        "--method", choices=tuple(_MODES), help="of a design; default: what suits its mode"
    )
    parser.add_argument(
        "--points",
        type=whole_number,
        metavar="N",
        help="base points, trajectories or rows of a design; default: what it says",
    )
    parser.add_argument(
        "--runs", type=whole_number, metavar="N", help="runs a row; default: what the design says"
    )
    parser.add_argument(
        "--top",
        type=whole_number,
        default=20,
        metavar="N",
        help="factors that a printed table shows, largest first (default 20)",
    )
    add_engine(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="results folder of a design; default: results/<design>"
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument(
        "--resume", action="store_true", help="go on with what an interrupted call left"
    )
    again.add_argument("--overwrite", action="store_true", help="replace what the folder holds")
    parser.add_argument("--no-pictures", action="store_true", help="draw nothing")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Run the design if there is one; print tables, write them, draw them."""
    from sim.analysis.sensitivity import study

    if given.top < 1:
        raise InputError(f"--top needs at least 1 factor; found {given.top}")
    sweep = _sweep(given)
    found = study(sweep, given.outcome, given.at, given.scenario)
    columns = list(dict.fromkeys(found.outcomes["outcome"]))
    detailed = columns if given.outcome or len(columns) <= _MOST else []
    print(report(found, detailed, given.top))
    files = []
    for name, file in _TABLES.items():
        table: pd.DataFrame = getattr(found, name)
        path = sweep.folder / file
        if len(table):
            table.to_csv(path, index=False)
            files.append(path)
        else:  # what an earlier call with another outcome left would mislead
            path.unlink(missing_ok=True)
    if detailed and not given.no_pictures:
        from sim.picture.files import write_pages
        from sim.picture.sweep.sensitivity_pages import study_pages

        files += write_pages(study_pages(found, sweep, detailed), sweep.folder / "pictures")
    print(f"In {sweep.folder}:")
    for path in files:
        print(f"  {path.relative_to(sweep.folder)}")
    return 0


def _sweep(given: Namespace) -> Sweep:
    """The stored sweep, or the one that a design gives."""
    from sim.experiment.design import list_designs
    from sim.experiment.sweep_result import Sweep
    from sim.scenario.problems import nearest

    if Path(given.source).is_dir():
        surplus = [f"--{one}" for one in _OPTIONS if getattr(given, one) is not None]
        surplus += [f"--{one}" for one in ("resume", "overwrite") if getattr(given, one)]
        if surplus:
            raise InputError(
                f"{given.source} is a stored result, which {surplus[0]} cannot change; name a "
                "design to run another sweep"
            )
        return Sweep(Path(given.source))
    designs = list_designs()
    if given.source not in designs and not Path(given.source).is_file():
        raise InputError(
            f"{given.source}: there is no such folder, design file or design"
            f"{nearest(given.source, designs)}"
        )
    from sim.experiment.sweep import plan_sweep, run_planned

    changes = {
        "mode": None if given.method is None else _MODES[given.method],
        "rows": given.points,
        "runs": given.runs,
    }
    planned = plan_sweep(given.source, **changes)
    _check(given, planned)
    return run_planned(
        planned,
        out=given.out,
        progress=True,
        overwrite=given.overwrite,
        resume=given.resume,
        **chosen_engine(given),
    )


def _check(given: Namespace, planned: PlannedSweep) -> None:
    """Refuse before hours of work what the sweep would not hold."""
    from sim.core import quarters
    from sim.scenario.problems import nearest

    where = planned.design.where()
    names = [one.name for one in planned.scenarios]
    if given.scenario is not None and given.scenario not in names:
        raise InputError(
            f"{where}: there is no scenario {given.scenario!r}{nearest(given.scenario, names)}"
        )
    columns, kept = planned.kept, "outcomes"
    if given.at != "end":
        quarters.parse(given.at)
        columns, kept = planned.by_quarter, "by_quarter"
    for wanted in given.outcome or ():
        known = [*dict.fromkeys(one.split(".")[0] for one in columns), *columns]
        if wanted not in known and not any(one.startswith(f"{wanted}.") for one in columns):
            raise InputError(
                f"{where}: no outcome {wanted!r} is among its {kept}{nearest(wanted, known)}"
            )


def report(study: Study, detailed: list[str], top: int) -> str:
    """What the command prints.

    Parameters
    ----------
    study : Study
    detailed : list of str
        Outcomes with a table of their own; of the others there is a line each.
    top : int
        Factors in a table, beside the dummy; the others are summed up in a line.
    """
    parts = [textwrap.fill(note, _WIDTH) for note in study.notes]
    if not detailed:
        parts.append(_overview(study))
    for one in study.outcomes.to_dict("records"):
        if one["outcome"] in detailed:
            parts.append(_outcome(study, one, top))
    return "\n\n".join(parts) + "\n"


def _own(study: Study, one: dict[Any, Any]) -> pd.DataFrame:
    table = study.table
    return table[(table["scenario"] == one["scenario"]) & (table["outcome"] == one["outcome"])]


def _overview(study: Study) -> str:
    """A line an outcome: the three factors that drive it most."""
    import pandas as pd

    from sim.analysis.sensitivity.study import INDEX

    index = INDEX[study.method]
    rows = []
    for one in study.outcomes.to_dict("records"):
        own = _own(study, one).drop_duplicates("factor")
        told = own[own["told_apart"]].head(3)
        rows.append(
            {
                "scenario": one["scenario"],
                "outcome": one["outcome"],
                "mean": one["mean"],
                f"largest (by {index})": ", ".join(
                    f"{name} {value:.2g}"
                    for name, value in zip(told["factor"], told[index], strict=True)
                )
                or ("the same in all rows" if one["of_means"] == 0 else "none above the noise"),
            }
        )
    table = pd.DataFrame(rows)
    if table["scenario"].nunique() == 1:
        table = table.drop(columns="scenario")
    last = table.columns[-1]
    table[last] = table[last].str.slice(0, 60)
    return (
        table.to_string(index=False, float_format="{:.4g}".format, justify="left")
        + "\n\nName outcomes with --outcome to see their tables and pictures."
    )


def _outcome(study: Study, one: dict[Any, Any], top: int) -> str:
    from sim.analysis.sensitivity.study import MORRIS, ONE, POINTS, leading

    at = "in the last quarter" if one["at"] == "end" else f"in {one['at']}"
    mean = "mean" if study.method != ONE else "mean at the centre"
    runs = f"{one['runs']} run{'' if one['runs'] == 1 else 's'} a row"
    head = (
        f"{one['outcome']} [{one['unit']}], {one['scenario']}, {at}: {mean} {one['mean']:.4g}.\n"
        f"{study.method.replace('_', ' ').capitalize()}: {one['points']:,} "
        f"{POINTS[study.method]}, {runs}."
    )
    own = _own(study, one).drop(columns=["scenario", "outcome", "at", "unit"])
    if study.method != ONE and one["of_means"] == 0:
        return f"{head}\nIt is the same in all rows: no factor moves it."
    own, others = leading(own, top)
    if study.method == ONE:
        table = own[["factor", "value", "effect", "effect_low", "effect_high"]].copy()
        remark = "(*): its interval of 90 percent does not leave out nought."
    elif study.method == MORRIS:
        table = own[["factor", "mu", "mu_star", "mu_star_low", "mu_star_high", "sigma", "floor"]]
        remark = "(*): not told apart from noise, as its interval of mu_star reaches the floor."
    else:
        table = own[["factor", "first", "first_low", "first_high"]]
        which = "first-order"
        if own["total"].notna().any():
            table = own[[*table.columns, "total", "total_low", "total_high", "floor"]]
            which = "total"
        else:
            table = own[[*table.columns, "floor"]]
        remark = f"(*): not told apart from noise, as its interval of the {which} index reaches"
        remark += " the floor."
    table = table.assign(**{"": own["told_apart"].map({True: "", False: "(*)"})})
    table["factor"] = table["factor"].map(
        lambda name: name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    )
    form = "{:.3f}".format if "first" in table else "{:.4g}".format
    shown = table.to_string(index=False, float_format=form, na_rep="-")
    lines = [head, *_variance(study, one), "", shown, ""]
    lines[-1:-1] = _others(study, others)
    texts = (_told_apart(own, others), remark, _convergence(study, one))
    lines += [textwrap.fill(text, _WIDTH) for text in texts if text]
    return "\n".join(lines)


def _others(study: Study, others: pd.DataFrame) -> list[str]:
    """The factors for which a table has no room, in words."""
    from sim.analysis.sensitivity.study import INDEX

    if others.empty:
        return []
    index = INDEX[study.method]
    number, told = others["factor"].nunique(), _told(others)
    text = (
        f"... and {number} more factor{'' if number == 1 else 's'}, of which {told or 'none'} told "
        f"apart from noise, with {index} up to {others[index].max():.2g}; see {_TABLES['table']}"
    )
    return [textwrap.fill(text, _WIDTH)]


def _told_apart(own: pd.DataFrame, others: pd.DataFrame) -> str:
    from sim.experiment.design import DUMMY

    whole = (set(own["factor"]) | set(others["factor"])) - {DUMMY}
    return f"Told apart from noise: {_told(own) + _told(others)} of {len(whole)} factors."


def _told(table: pd.DataFrame) -> int:
    return int(table.loc[table["told_apart"], "factor"].nunique())


def _variance(study: Study, one: dict[Any, Any]) -> list[str]:
    """The parts of the variance in words; nothing where rows are no sample of the inputs."""
    from sim.analysis.sensitivity.study import ONE

    if study.method == ONE:
        return []
    inputs, chance, together = one["inputs"], one["chance"], one["together"]
    if one["at"] != "end" and chance == chance:  # not a number is unequal to itself
        text = (
            f"Standard deviation of row means {one['of_means'] ** 0.5:.3g}; of the runs of a row "
            f"{chance**0.5:.3g}."
        )
    elif chance != chance:
        text = (
            f"Standard deviation {one['of_means'] ** 0.5:.3g}. With one run a row, or without the "
            "variances of rows, inputs and chance cannot be told apart."
        )
    else:
        whole = inputs + chance + together
        text = (
            f"Variance of a single run {whole:.3g}: inputs {inputs / whole:.0%}, chance "
            f"{chance / whole:.0%}, inputs and chance together {together / whole:.0%}. Indices are "
            f"of row means, {one['noise']:.1%} of whose variance is chance that {one['runs']} runs "
            "do not average out."
        )
    return [textwrap.fill(text, _WIDTH)]


def _convergence(study: Study, one: dict[Any, Any]) -> str:
    from sim.analysis.sensitivity.sobol import NARROW, SETTLED
    from sim.analysis.sensitivity.study import INDEX, MORRIS, ONE, POINTS

    if study.method == ONE:
        return ""
    of = " of the largest" if study.method == MORRIS else ""
    text = (
        f"Convergence at {one['points']:,} {POINTS[study.method]}: widest interval of "
        f"{INDEX[study.method]} {one['widest']:.2g}{of} ("
        f"{'narrow' if one['narrow'] else 'not narrow'}: {NARROW:g} or less)"
    )
    if one["ranking"] == one["ranking"]:
        text += (
            f"; ranking {'settled' if one['settled'] else 'not settled'} (95 percent of resamples "
            f"move what matters by {one['ranking']:.2g} ranks or less; settled below {SETTLED:g})"
        )
    return text + "."
