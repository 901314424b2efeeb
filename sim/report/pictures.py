"""Pictures for a report: which figures, and how one becomes an element of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice

from sim.core.errors import InputError
from sim.experiment.result import Result
from sim.picture.batch.choice import headlines
from sim.picture.figures import FIGURES, Viewed, kind_of, pages
from sim.picture.files import svg_text
from sim.picture.page import Page
from sim.picture.request import Request
from sim.report.blocks import Picture

# Figures in the order in which they stand in the report, with the most pictures of each.
_BATCH = {
    "map": 1,
    "fan": 2,
    "difference": 2,
    "effects": 2,
    "ridgeline": 1,
    "alignment": 1,
    "ternary": 1,
    "events": 1,
    "routes": 1,
    "leverage": 1,
    "network": 1,
}
_SWEEP = {"heat_map": 2, "response": 2, "indices": 1, "elementary": 1, "tornado": 1}
_WANTED = {"batch": _BATCH, "sweep": _SWEEP}
_MOST_OF_STUDIES = 3  # figures of a fit or hindcast: the first that there are
_TALL = 1.15  # height over width, above which two do not fit on a printed page
_MOST_OUTCOMES = 3  # that fans and the like are drawn of

_NOT_DRAWN = re.compile(
    r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->|<defs>\s*</defs>", re.DOTALL
)
_ID = re.compile(r'\sid="([^"]*)"')
_REFERENCE = re.compile(r'((?:xlink:)?href="#|url\(#)([^")]+)')
_OPENING = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_BOX = re.compile(r'viewBox="([^"]*)"')


def pictures(
    result: Viewed, outcomes: Sequence[str] = (), countries: Sequence[str] = ()
) -> Iterator[tuple[str, Page]]:
    """The figures of a result that a report shows, page by page.

    Parameters
    ----------
    result : Result, Sweep, or Path of a fit or hindcast
    outcomes : sequence of str
        Outcomes asked for; default: those that the scenarios are about.
    countries : sequence of str
        Countries asked for; default: all.

    Yields
    ------
    str, Page
        Name of the figure, and a page of it. What does not suit the result, or was not recorded, is
        passed over.
    """
    kind = kind_of(result)
    of_kind = [name for name, figure in FIGURES.items() if figure.of == kind]
    wanted = _WANTED.get(kind, dict.fromkeys(of_kind[:_MOST_OF_STUDIES], 1))
    for name, most in wanted.items():
        figure = FIGURES[name]
        given = {"outcome": tuple(outcomes or _own(result)), "country": tuple(countries)}
        request = Request.of(**{key: given[key] for key in given if key in figure.options})
        try:
            yield from ((name, page) for page in islice(pages(result, name, request), most))
        except InputError:
            continue


def _own(result: Viewed) -> list[str]:
    """Outcomes that scenarios name, a few."""
    if not isinstance(result, Result):
        return []
    return headlines(result.manifest, result.manifest["scenarios"])[:_MOST_OUTCOMES]


def picture(page: Page, name: str) -> Picture:
    """A page as an element of the report.

    Parameters
    ----------
    page : Page
    name : str
        Of the element; no other picture of the report may have it.
    """
    caption = page.caption
    shown = [caption.shown, caption.detail, caption.note]
    text = ". ".join(part.strip().rstrip(".") for part in shown if part.strip()) + "."
    svg = element(svg_text(page.draw(), name), name, caption.title, page.alternative)
    return Picture(caption.title.replace("\n", " "), text, page.alternative, svg)


def element(svg: str, name: str, title: str, alternative: str) -> str:
    """An SVG that can stand in a page beside others.

    It is named for readers who cannot see it, takes the width that there is, and its ids are its
    own: matplotlib's are the same in every file.

    Parameters
    ----------
    svg : str
        From the opening tag on.
    name : str
        Prefix of the ids.
    title, alternative : str
        Short name, and what a reader who cannot see it is told.
    """
    svg = _NOT_DRAWN.sub("", svg)
    used = {found[2] for found in _REFERENCE.finditer(svg)}
    svg = _ID.sub(lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    svg = _REFERENCE.sub(lambda m: f"{m[1]}{name}-{m[2]}", svg)
    opening = _OPENING.search(svg)
    assert opening is not None
    box = _BOX.search(opening[0])
    assert box is not None
    width, height = box[1].split()[2:]
    shape = ' class="tall"' if float(height) > _TALL * float(width) else ""
    head = (
        f'<svg{shape} xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box[1]}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(alternative)}</desc>'
    )
    body = svg[opening.end() :]
    lines = (line.strip() for line in body.splitlines())
    return head + "\n".join(line for line in lines if line)
