"""What can be said of a design without its scenarios: whether its parts fit together."""

from __future__ import annotations

from typing import Any

from sim.core.indicators import INDICATORS
from sim.experiment.design_schema import LEVELLED, RESERVED, SIZES, Design, Factor
from sim.scenario.positions import KeyPath
from sim.scenario.problems import Report, listed, nearest


def check_design(design: Design) -> None:
    """Hold the parts of a design against each other.

    Raises
    ------
    InputError
    """
    report = Report(design.where)
    _check_head(design, report)
    _check_size(design, report)
    if not design.factor:
        report.problem((), "has no factor; write [[factor]], once for each thing that varies")
    _check_names(design, report)
    for index, factor in enumerate(design.factor):
        _check_values(design, index, factor, report)
    report.stop()


def _check_head(design: Design, report: Report) -> None:
    if (design.scenario is None) == (design.scenarios is None):
        found = "neither" if design.scenario is None else "both"
        report.problem(("scenario",), f"give one of scenario and scenarios; found {found}")
    names = design.scenarios or []
    for index, name in enumerate(names):
        if name in names[:index]:
            report.problem(("scenarios", index), f"{name!r} is named twice")
    known = design.parameters in ("point", "posterior") or design.parameters.endswith(".parquet")
    if not known:
        report.problem(
            ("parameters",),
            f"found {design.parameters!r}; allowed: point, posterior or a .parquet file",
        )
    for key, names in (("outcomes", design.outcomes or []), ("by_quarter", design.by_quarter)):
        for index, name in enumerate(names):
            prefix = name.split(".")[0]
            if prefix not in INDICATORS:
                report.problem(
                    (key, index), f"there is no outcome {prefix!r}{nearest(prefix, INDICATORS)}"
                )


def _check_size(design: Design, report: Report) -> None:
    needed = SIZES.get(design.mode)
    for key in dict.fromkeys(SIZES.values()):
        given = getattr(design, key) is not None
        if given and key != needed:
            users = [mode for mode, own in SIZES.items() if own == key]
            report.problem((key,), f"means nothing in mode {design.mode} {listed('modes', users)}")
        if not given and key == needed:
            report.problem((key,), f"is missing; mode {design.mode} needs it")
    if design.levels is not None:
        if design.mode != "morris":
            report.problem(("levels",), f"means nothing in mode {design.mode} (modes: morris)")
        elif design.levels % 2:
            report.problem(("levels",), f"found {design.levels}; an even number is needed")
    number = getattr(design, needed) if needed and design.mode in ("sobol", "saltelli") else None
    if number is not None and number & (number - 1):
        below = 1 << (number.bit_length() - 1)
        report.problem(
            (str(needed),),
            f"found {number}; a Sobol' sequence is balanced at powers of two only: "
            f"{below} or {2 * below}",
        )
    if design.mode == "csv" and not design._origin.marks and design.table is None:
        report.problem(("table",), "is missing; the rows of the file are needed")


def _check_names(design: Design, report: Report) -> None:
    labels = [factor.called for factor in design.factor]
    paths = [factor.path for factor in design.factor]
    for index, (label, path) in enumerate(zip(labels, paths, strict=True)):
        if label in RESERVED:
            report.problem(
                ("factor", index, "name"),
                f"{label!r} is the name of a column of every sweep; choose another",
            )
        if label in labels[:index]:
            report.problem(("factor", index), f"two factors are called {label!r}")
        if path in paths[:index]:
            first = labels[paths.index(path)]
            report.problem(
                ("factor", index, "path"), f"{path} varies already, as the factor {first!r}"
            )
        if path in design.constants:
            report.problem(("constants", path), f"is held here, but varies as the factor {label!r}")


def _check_values(design: Design, index: int, factor: Factor, report: Report) -> None:
    keys = ("factor", index)
    given = [
        name
        for name, found in (
            ("values", factor.values),
            ("low and high", factor.low if factor.low is not None else factor.high),
            ("distribution", factor.distribution),
            ("same_as", factor.same_as),
        )
        if found is not None
    ]
    if design.mode == "csv" and given not in ([], ["same_as"]):
        report.problem(keys, f"{factor.called!r} has {given[0]}, but its values are in the file")
    elif design.mode != "csv" and len(given) != 1:
        found = " and ".join(given) or "none of them"
        report.problem(
            keys,
            f"{factor.called!r} needs one of values, low and high, distribution, same_as; "
            f"found {found}",
        )
    if factor.values is not None:
        _check_list(design, (*keys, "values"), factor.values, report)
    if (factor.low is None) != (factor.high is None):
        lacking = "low" if factor.low is None else "high"
        report.problem((*keys, lacking), f"is missing; {factor.called!r} is a range")
    for key in ("times", "plus"):
        if getattr(factor, key) is not None and factor.same_as is None:
            report.problem((*keys, key), "means nothing without same_as")
    if factor.scale is not None and factor.low is None:
        report.problem((*keys, "scale"), "means nothing without low and high")
    if factor.steps is not None and factor.low is None and factor.distribution is None:
        report.problem((*keys, "steps"), "means nothing without low and high or a distribution")
    elif factor.steps is not None and design.mode not in LEVELLED:
        report.problem(
            (*keys, "steps"), f"means nothing in mode {design.mode} {listed('modes', LEVELLED)}"
        )
    if factor.distribution is not None:
        low, high = factor.distribution.support()
        if low == high:
            report.problem((*keys, "distribution"), f"gives {low:g} only, so it varies nothing")
    if factor.same_as is not None:
        _check_same_as(design, index, factor, report)


def _check_list(design: Design, keys: KeyPath, values: list[Any], report: Report) -> None:
    if all(value == values[0] for value in values):
        report.problem(keys, f"holds {values[0]!r} only, so it varies nothing; put it in constants")
    elif design.mode != "matched":  # where each value belongs to those of the other factors
        for index, value in enumerate(values):
            if value in values[:index]:
                report.problem((*keys, index), f"{value!r} stands in it twice")


def _check_same_as(design: Design, index: int, factor: Factor, report: Report) -> None:
    keys = ("factor", index, "same_as")
    others = {other.called: other.same_as for other in design.factor}
    chain = [factor.called]
    following: str | None = factor.same_as
    while following is not None:
        if following not in others:
            if len(chain) == 1:
                report.problem(
                    keys,
                    f"there is no factor {following!r}{nearest(following, others)} "
                    f"{listed('factors', others)}",
                )
            return
        if following == factor.called:
            circle = " -> ".join([*chain, following])
            report.problem(
                keys,
                f"{following!r} cannot follow itself"
                if len(chain) == 1
                else f"factors follow each other in a circle: {circle}",
            )
            return
        if following in chain:  # a circle further on, told of where it is
            return
        chain.append(following)
        following = others[following]
