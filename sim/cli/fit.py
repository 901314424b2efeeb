"""The command `fit`: the parameters of a case, fitted to its observed record."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim.cli.parsing import Parser, add_work, chosen_case, chosen_engine, whole_number


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("fit", "fit the parameters of a case to its observed record")
    parser.add_argument(
        "case",
        metavar="CASE",
        nargs="?",
        help="name or folder of a case with an observed record; default: the case of `baseline`",
    )
    parser.add_argument(
        "--until",
        type=whole_number,
        metavar="YEAR",
        help="last year of the record that is used; default: the base year of the case",
    )
    parser.add_argument(
        "--base", metavar="QUARTER", help="simulate from here; default: the first base of the case"
    )
    parser.add_argument(
        "--vectors",
        type=whole_number,
        default=8192,
        metavar="N",
        help="parameter vectors of a wave of history matching; default: 8192",
    )
    parser.add_argument(
        "--waves", type=whole_number, default=2, metavar="N", help="waves at most; default: 2"
    )
    parser.add_argument(
        "--simulations",
        type=whole_number,
        default=65536,
        metavar="N",
        help="vectors that are conditioned on the record; default: 65536",
    )
    parser.add_argument(
        "--draws",
        type=whole_number,
        default=2000,
        metavar="N",
        help="draws of the posterior, 1000 or more; default: 2000",
    )
    add_work(parser, "results/fit-<case>-<year>")
    parser.add_argument(
        "--install",
        action="store_true",
        help="put the posterior and the residual noise into the folder of the case, where batches "
        "find them",
    )
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Fit, draw, and say what was found."""
    from sim.case.build import base_year
    from sim.core import quarters
    from sim.fit.fit import Settings, fit, install
    from sim.fit.pages import fit_page

    case = chosen_case(given.case)
    until = base_year(case.as_of) if given.until is None else given.until
    settings = Settings(
        until=until,
        base=quarters.name(min(case.bases)) if given.base is None else given.base,
        seed=given.seed,
        vectors=given.vectors,
        waves=given.waves,
        simulations=given.simulations,
        draws=given.draws,
    )
    out = Path(given.out or f"results/fit-{case.name}-{until}")
    found = fit(
        case,
        settings,
        out,
        **chosen_engine(given),
        progress=True,
        overwrite=given.overwrite,
    )
    page = fit_page(found)
    (out / "report.md").write_text(page, encoding="utf-8")
    print(page)
    pictures: list[Path] = []
    if not given.no_pictures:
        from sim.picture.fits.fit_pages import draw_fit

        pictures = draw_fit(out, out / "pictures")
    if given.install:
        for path in install(found, case):
            print(f"installed {path}")
    print(f"\nIn {out}: posterior.parquet, report.md, tables (.csv)")
    for picture in pictures:
        print(f"  {picture.relative_to(out)}")
    return 0
