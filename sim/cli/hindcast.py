"""The command `hindcast`: forecasts from past origins, scored on what came."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim.cli.parsing import Parser, add_work, chosen_case, chosen_engine, whole_number


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "hindcast", "forecast from past years with what was known then, and score the forecasts"
    )
    parser.add_argument(
        "case",
        metavar="CASE",
        nargs="?",
        help="name or folder of a case with an observed record; default: the case of `baseline`",
    )
    parser.add_argument(
        "--origin",
        type=whole_number,
        metavar="YEAR",
        help="main origin; default: four years before the base year of the case",
    )
    parser.add_argument(
        "--origins",
        metavar="YEARS",
        help="other origins, with commas between; default: the base years of the case up to two "
        "years before its last",
    )
    parser.add_argument(
        "-n", "--runs", type=whole_number, default=1000, metavar="N", help="runs; default: 1000"
    )
    parser.add_argument(
        "--vectors",
        type=whole_number,
        default=4096,
        metavar="N",
        help="parameter vectors of a wave of each fit; default: 4096",
    )
    parser.add_argument(
        "--simulations",
        type=whole_number,
        default=32768,
        metavar="N",
        help="vectors that each fit conditions on the record; default: 32768",
    )
    add_work(parser, "results/hindcast-<case>")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Hindcast, draw, and say how it went."""
    from sim.case.build import base_year
    from sim.core import quarters
    from sim.core.errors import InputError
    from sim.fit.hindcast import HORIZON, Plan, hindcast
    from sim.fit.pages import hindcast_page
    from sim.fit.record import shipped

    case = chosen_case(given.case)
    shipped(case)  # a case without a record is refused before its years are looked at
    last = base_year(case.as_of)
    main = last - HORIZON if given.origin is None else given.origin
    years = sorted(base_year(base) for base in case.bases)
    if given.origins is None:
        others = [year for year in years if year <= last - 2]
    else:
        try:
            others = [int(text) for text in given.origins.split(",") if text.strip()]
        except ValueError:
            raise InputError(
                f"--origins: found {given.origins!r}; allowed: years with commas between"
            ) from None
    for year in (main, *others):
        if year not in years or year >= last:
            allowed = ", ".join(str(year) for year in years if year < last)
            raise InputError(f"origin: found {year}; allowed: base years of the case, {allowed}")
    plan = Plan(
        origins=tuple(dict.fromkeys([main, *others])),
        last=last,
        base=quarters.name(min(case.bases)),
        runs=given.runs,
        seed=given.seed,
        vectors=given.vectors,
        simulations=given.simulations,
    )
    out = Path(given.out or f"results/hindcast-{case.name}")
    found = hindcast(
        case, plan, out, **chosen_engine(given), progress=True, overwrite=given.overwrite
    )
    page = hindcast_page(found, case)
    (out / "report.md").write_text(page, encoding="utf-8")
    print(page)
    pictures: list[Path] = []
    if not given.no_pictures:
        from sim.picture.fits.hindcast_pages import draw_hindcast

        pictures = draw_hindcast(out, case, out / "pictures")
    print(f"\nIn {out}: report.md, tables (.csv), the fits of the origins (fit-<year>)")
    for picture in pictures:
        print(f"  {picture.relative_to(out)}")
    return 0
