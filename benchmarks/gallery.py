"""The gallery: every figure once, with what it shows and the command that draws it.

    python benchmarks/gallery.py                    # writes docs/gallery.md and its pictures
    python benchmarks/gallery.py --only fan map     # draws some of the pictures anew

Results that are not stored below --results are made first: batches and small sweeps in a minute or
two; the fit and the hindcast, by the commands that the page on validation names, in some ten.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim.cli.main import main as multivector
from sim.picture.figures import FIGURES, Viewed, open_result, pages
from sim.picture.files import write
from sim.picture.page import Page
from sim.picture.request import Request

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"

# The results that the figures are drawn from: folder and the command that makes it.
RESULTS = {
    "gallery": "batch baseline cpc_closure war_ends -n 1000",
    "gallery_alone": "batch baseline -n 1000",
    "gallery_package": "batch baseline war_package -n 1000",
    "gallery_space": "sweep hedging_space",
    "gallery_closure": "sweep cpc_closure_when_and_how_much",
    "gallery_one_at_a_time": "sweep benchmarks/gallery.toml",
    "what_drives_screening": "sweep what_drives_screening",
    "what_drives": "sweep what_drives",
    "fit-central_asia-2022": "fit central_asia",
    "hindcast-central_asia": "hindcast central_asia",
}
COLOURS = 128
HEADINGS = {
    "batch": "What comes of a scenario",
    "sweep": "What drives it",
    "fit": "What the record says of the parameters",
    "hindcast": "How well past forecasts did",
}
# Figure: the result that it is drawn from, and its options, where the first of its kind with none
# would show less.
SHOWN: dict[str, tuple[str, str]] = {
    "fan": ("gallery", "--outcome autonomy"),
    "difference": ("gallery", "--outcome alignment.*.RUS"),
    "ridgeline": ("gallery", "--outcome autonomy"),
    "leverage": ("gallery_alone", ""),
    "alignment": ("gallery_alone", ""),
    "tornado": ("gallery_one_at_a_time", "--outcome autonomy.KAZ"),
    "elementary": ("what_drives_screening", "--outcome autonomy.KAZ"),
    "indices": ("what_drives", "--outcome autonomy.KAZ"),
    "heat_map": ("gallery_space", "--outcome autonomy.KAZ"),
    "response": ("what_drives", "--outcome autonomy.KAZ"),
}
FIRST = {
    "batch": "gallery",
    "sweep": "what_drives",
    "fit": "fit-central_asia-2022",
    "hindcast": "hindcast-central_asia",
}


def main() -> None:
    """Draw the pictures and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--only", nargs="+", metavar="FIGURE", choices=list(FIGURES))
    given = parser.parse_args()
    opened: dict[str, Viewed] = {}
    sections: dict[str, list[str]] = {kind: [] for kind in HEADINGS}
    for name, kind in FIGURES.items():
        folder, options = SHOWN.get(name, (FIRST[kind.of], ""))
        drawn = PICTURES / f"{name}.png"
        if given.only and name not in given.only and drawn.is_file():
            continue
        if folder not in opened:
            opened[folder] = stored(given.results / folder, RESULTS[folder])
        page = first(opened[folder], name, options)
        (path,) = write([(name, page.draw())], PICTURES)
        with Image.open(path) as picture:  # few colours, so that the page stays light
            picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
                path, optimize=True
            )
        command = f"multivector plot results/{folder} --figure {name} {options}".strip()
        sections[kind.of].append(section(name, page, command))
        print(drawn)
    if not given.only:
        PAGE.write_text(text(sections), encoding="utf-8")
        print(PAGE)


def stored(folder: Path, command: str) -> Viewed:
    """The result in a folder; made by its command if there is none."""
    if not (folder / "manifest.json").is_file():
        code = multivector([*shlex.split(command), "--out", str(folder)])
        if code:
            raise SystemExit(f"multivector {command}: exit {code}")
    return open_result(folder)


def first(result: Viewed, name: str, options: str) -> Page:
    """The first picture of a figure."""
    words = shlex.split(options)
    asked: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            values = asked.setdefault(word.removeprefix("--"), [])
        else:
            values.append(word)
    at = asked.pop("at", [""])[0]
    return next(pages(result, name, Request.of(**asked, at=at)))


def section(name: str, page: Page, command: str) -> str:
    """A figure with its words."""
    shows = FIGURES[name].shows
    alternative = page.alternative.replace("[", "(").replace("]", ")")
    return (
        f"### `{name}`: {shows}\n\n![{alternative}](pictures/gallery/{name}.png)\n\n"
        f"```sh\n{command}\n```\n"
    )


def text(sections: dict[str, list[str]]) -> str:
    """The whole page."""
    commands = "\n".join(
        f"multivector {command} --out results/{folder}" for folder, command in RESULTS.items()
    )
    parts = [
        "# Gallery\n\nEvery figure once. `multivector plot DIR` draws the standard set of a "
        "result; "
        "`--figure NAME` any of these, as PNG, SVG or PDF (`--format`), with the table behind it "
        "(`--data`); `multivector plot --list` tells what each shows and heeds. In Python: "
        '`sim.figure(result, "fan", outcome="autonomy")` is a figure of matplotlib. Text under a '
        "picture names runs, seed and source; the words that a screen reader is given for it are "
        "made from its numbers.\n\nThis page is made by `python benchmarks/gallery.py` "
        f"(`make gallery`), from\n\n```sh\n{commands}\n```\n"
    ]
    for kind, heading in HEADINGS.items():
        if sections[kind]:
            parts.append(f"## {heading}\n\n" + "\n".join(sections[kind]))
    return "\n".join(parts)


if __name__ == "__main__":
    main()
