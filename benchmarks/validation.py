"""The page on calibration and validation, from a finished fit and a finished hindcast.

    multivector fit central_asia
    multivector hindcast central_asia
    python benchmarks/validation.py > docs/validation.md

The fit takes about five minutes on two cores, the hindcast about as long. With `--pictures` the
pictures that the page shows are copied from the two folders to docs/pictures.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim.case import load_case
from sim.fit.bootstrap import Cases, skill_interval
from sim.fit.fit import Fit
from sim.fit.hindcast import Hindcast
from sim.fit.pages import fit_page, hindcast_page
from sim.fit.record import shipped

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
SHOWN = {  # picture of the folder: its name in the documentation and what it shows
    "fit": {
        "fit_marginals.png": "Priors and posteriors of the parameters fitted",
        "fit_recovery.png": "How often known parameters were found again",
    },
    "hindcast": {
        "hindcast_skill.png": "Skill of the hindcast over simple forecasts",
        "hindcast_variants.png": "What the parts of the model are worth",
        "hindcast_votes.png": "Votes forecast and cast",
        "hindcast_reliability.png": "What was said to be likely, and how often it happened",
        "hindcast_pit.png": "Where figures fell in the forecasts",
        "hindcast_evidence.png": "Reported changes in the forecast of the year before",
    },
}

HEAD = Path(__file__).with_name("validation_head.md")  # the words; figures are filled in


def short(hindcast: Hindcast, fit: Fit) -> str:
    """The main findings as sentences with their figures."""
    plan = hindcast.about["plan"]
    assert isinstance(plan, dict)
    main, last = plan["origins"][0], plan["last"]
    skill = hindcast.table("skill")
    skill = skill[skill["family"] == "all"].set_index(["origins", "against"])
    coverage = hindcast.table("coverage")
    coverage = coverage[coverage["family"] == "all"].set_index("origins")
    votes = hindcast.table("votes_skill").set_index(["origins", "cases", "against"])
    verdicts = fit.table("parameters")["verdict"].value_counts()
    lines = []
    for origins, words in (
        (str(main), f"{main + 1} to {last}, from {main}"),
        ("all", "all origins"),
    ):
        told = []
        for name, meaning in (
            ("last_value", "the last value"),
            ("persistence", "the last value with the spread of past changes"),
            ("drift", "drift"),
        ):
            row = skill.loc[(origins, name)]
            told.append(
                f"{row['skill']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}] over {meaning}"
            )
        inside = 100 * coverage.loc[origins, "inside_80"]
        lines.append(
            f"* **{words}**: CRPS skill {'; '.join(told)}. The 80 percent intervals held "
            f"{inside:.0f} percent of the figures."
        )
    for name, meaning in (("drivers_unknown", "knowing the drivers"), ("prior", "fitting")):
        row, every = skill.loc[(str(main), name)], skill.loc[("all", name)]
        lines.append(
            f"* What {meaning} is worth: {row['skill']:+.3f} from {main}, "
            f"{every['skill']:+.3f} over all origins."
        )
    quantities = hindcast.table("quantities")
    quantities = quantities[~quantities["doubtful"]]
    bare = []
    for part in (quantities[quantities["origin"] == main], quantities):
        cases = Cases.of(
            part["crps_drivers_unknown"],
            part["crps_persistence"],
            part["family"],
            scale=part["unit_change"],
        )
        found = skill_interval(cases, part["observable"])
        bare.append(f"{found.skill:+.2f} [{found.low:+.2f}, {found.high:+.2f}]")
    lines.append(
        f"* With the drivers unknown, as in a real forecast, over the last value with its spread: "
        f"{bare[0]} from {main}, {bare[1]} over all origins."
    )
    row = skill.loc[(str(main), "noise_off")]
    lines.append(
        f"* Without noise the same model is worse by {row['skill']:.2f}: most of the skill is "
        "trend, anchors and honest width, not politics."
    )
    row = skill.loc[(str(main), "politics_off")]
    lines.append(
        "* What politics (fear and attention) are worth for volumes and shares: "
        f"{row['skill']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]. "
        "One to four years ahead they do not show."
    )
    vote = votes.loc[("all", "all", "last_vote")]
    lines.append(
        "* Votes, all origins: RPS skill over the last vote on like texts "
        f"{vote['rps_skill']:+.2f} [{vote['rps_low']:+.2f}, {vote['rps_high']:+.2f}]."
    )
    told = ", ".join(f"{number} {name}" for name, number in verdicts.items())
    lines.append(f"* Of {int(verdicts.sum())} parameters fitted, the data left: {told}.")
    return "\n".join(lines)


def main() -> int:
    """Write the page to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", default="central_asia")
    parser.add_argument("--fit", default="results/fit-central_asia-2022", type=Path)
    parser.add_argument("--hindcast", default="results/hindcast-central_asia", type=Path)
    parser.add_argument("--pictures", action="store_true")
    given = parser.parse_args()
    case = load_case(given.case)
    fit, hindcast = Fit.read(given.fit), Hindcast.read(given.hindcast)
    page = HEAD.read_text(encoding="utf-8").format(
        short=short(hindcast, fit), targets=fit.about["targets"]
    )
    for folder, text in (
        (hindcast.folder, hindcast_page(hindcast, case)),
        (fit.folder, fit_page(fit)),
    ):
        kind = "fit" if folder == fit.folder else "hindcast"
        page += "\n" + text.replace("\n#", "\n##").replace("# ", "## ", 1)
        shown = dict(SHOWN[kind])
        for path in sorted((folder / "pictures").glob("fit_checks_*.png")):
            group = path.stem.removeprefix("fit_checks_")
            shown[path.name] = f"What the fitted model says of the targets: {group}"
        for name, words in shown.items():
            path = folder / "pictures" / name
            if path.is_file():
                if given.pictures:
                    shutil.copy(path, PICTURES / name)
                page += f"\n![{words}](pictures/{name})\n"
    record = shipped(case)
    page += (
        f"\nThe record: {len(record.values)} yearly figures and {len(record.votes)} votes "
        "(`calibration/central_asia/series.csv`, `roll_calls.csv`), read by "
        "`python -m sim.fit.derive` from the published series named in `sources.csv`.\n"
    )
    print(page, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
