"""Cards in HTML: how objects show themselves in a notebook.

Styles stand on the tags themselves and name no colour but that of the page, so that a card looks
the same wherever notebooks are read, on light and dark pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape

_RULE = "1px solid rgba(128,128,128,0.4)"
_FAINT = "opacity:0.75;"
_CARD = f"border:{_RULE};border-radius:4px;padding:0.6em 1em;max-width:64em;line-height:1.4;"
_CELL = "padding:0.15em 0.7em 0.15em 0;vertical-align:top;background:none;"
_WIDTH, _HEIGHT = 72, 22  # of a sparkline, pixels
_MOST_POINTS = 14  # of a line of one


class Markup(str):
    """Text that is HTML already."""


Part = Callable[[], str]


def card(*parts: Part) -> str:
    """Put a card together from parts; one that cannot be made is told of, and costs no other.

    A notebook that shows a thing must not fail over a damaged or half-finished one, so whatever
    goes wrong in a part stays there.

    Parameters
    ----------
    parts : callable without arguments
        Each gives its markup, or nothing.
    """
    made = []
    for part in parts:
        try:
            made.append(part())
        except Exception as error:  # a damaged file may raise anything
            reason = " ".join(str(error).split()) or type(error).__name__
            made.append(line(f"Part of this cannot be shown: {reason}", faint=True))
    return tag("div", *made, style=_CARD)


def text(value: object) -> Markup:
    """Any value as text of a page; markup stays as it is."""
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


def join(*content: object, by: str = "") -> Markup:
    """Values one after the other; what is not `Markup` is escaped."""
    return Markup(text(by).join(map(text, content)))


def tag(name: str, *content: object, style: str = "", attributes: str = "") -> Markup:
    """Content between tags; what is not `Markup` is escaped."""
    inner = join(*content)
    own = f' style="{style}"' if style else ""
    more = f" {attributes}" if attributes else ""
    return Markup(f"<{name}{own}{more}>{inner}</{name}>")


def title(words: object, kind: str) -> Markup:
    """The head of a card: what it is about, and what kind of thing that is."""
    return tag(
        "div",
        tag("span", words, style="font-weight:bold;font-size:1.1em;"),
        " ",
        tag("span", kind, style=_FAINT),
    )


def line(*content: object, faint: bool = False) -> Markup:
    """A paragraph."""
    return tag("p", *content, style=f"margin:0.3em 0;{_FAINT if faint else ''}")


def code(words: object) -> Markup:
    """Words of Python or of a command."""
    return tag("code", words, style="background:none;color:inherit;")


def listed(items: Iterable[object], most: int = 12) -> Markup:
    """A list; what is beyond `most` is counted."""
    items = list(items)
    shown = [tag("li", item) for item in items[:most]]
    if len(items) > most:
        shown.append(tag("li", f"and {len(items) - most} more"))
    return tag("ul", *shown, style="margin:0.2em 0;padding-left:1.4em;")


def folded(heading: object, *content: object, unfolded: bool = False) -> Markup:
    """Content below a heading that opens and closes it."""
    head = tag("summary", heading, style="cursor:pointer;")
    return tag(
        "details", head, *content, style="margin:0.4em 0;", attributes="open" if unfolded else ""
    )


def table(
    header: Sequence[object], rows: Iterable[Sequence[object]], numbers: int = 0, most: int = 40
) -> Markup:
    """A table; nothing without rows.

    Parameters
    ----------
    header : sequence
        Of columns.
    rows : iterable of sequence
        A last cell stretches over columns that its row lacks.
    numbers : int
        How many of the last columns hold numbers.
    most : int
        Rows shown; others are counted.
    """
    rows = list(rows)
    if not rows:
        return Markup()
    width = len(header)

    def aligned(column: int) -> str:
        return f"{_CELL}text-align:{'right' if column >= width - numbers else 'left'};"

    head = tag(
        "tr",
        *(tag("th", cell, style=aligned(i), attributes='scope="col"')
          for i, cell in enumerate(header)),
        style=f"border-bottom:{_RULE};background:none;",
    )  # fmt: skip
    body = []
    for row in rows[:most]:
        cells = []
        for i, cell in enumerate(row):
            span = width - i if i == len(row) - 1 else 1
            style = aligned(i) if span == 1 else f"{_CELL}text-align:left;"
            wide = f'colspan="{span}"' if span > 1 else ""
            cells.append(tag("td", cell, style=style, attributes=wide))
        body.append(tag("tr", *cells, style="background:none;"))
    if len(rows) > most:
        more = tag("td", f"and {len(rows) - most} more", style=_CELL + "text-align:left;",
                   attributes=f'colspan="{width}"')  # fmt: skip
        body.append(tag("tr", more, style="background:none;"))
    whole = tag(
        "table",
        tag("thead", head),
        tag("tbody", *body),
        style="border-collapse:collapse;margin:0.3em 0;font-size:0.95em;color:inherit;",
    )
    return tag("div", whole, style="overflow-x:auto;")


def interval(low: float, middle: float, high: float, digits: int) -> Markup:
    """A number, and below it the range around it; a dash where there is none."""
    if not all(map(math.isfinite, (low, middle, high))):
        return Markup("–")
    span = f"{low:,.{digits}f} to {high:,.{digits}f}"
    small = tag("small", span, style=f"{_FAINT}white-space:nowrap;")
    return Markup(f"{middle:,.{digits}f}<br>{small}")


def decimals(values: Iterable[float]) -> int:
    """Decimals with which the largest of some numbers has three digits."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    return 2 if largest == 0 else min(6, max(0, 2 - math.floor(math.log10(largest))))


def sparkline(
    low: Iterable[float],
    middle: Iterable[float],
    high: Iterable[float],
    span: tuple[float, float],
    words: str,
) -> Markup:
    """A small fan over time: a line in a band; nothing where a value is missing.

    Parameters
    ----------
    low, middle, high : iterable of float
        As many each.
    span : (float, float)
        Values at the bottom and at the top.
    words : str
        What it shows, for those who cannot see it.
    """
    points = [*zip(low, middle, high, strict=True)]
    if len(points) < 2 or not all(map(math.isfinite, [*span, *(v for p in points for v in p)])):
        return Markup()
    step = math.ceil((len(points) - 1) / (_MOST_POINTS - 1))
    chosen = [*range(0, len(points) - 1, step), len(points) - 1]
    extent = (span[1] - span[0]) or 1.0

    def path(which: int, order: Sequence[int]) -> str:
        return " ".join(
            f"{_WIDTH * i / (len(points) - 1):.1f},"
            f"{1 + (_HEIGHT - 2) * (1 - (points[i][which] - span[0]) / extent):.1f}"
            for i in order
        )

    band = f"{path(2, chosen)} {path(0, chosen[::-1])}"
    return Markup(
        f'<svg role="img" aria-label="{escape(words)}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="vertical-align:top;">'
        f'<polygon points="{band}" fill="currentColor" fill-opacity="0.25"/>'
        f'<polyline points="{path(1, chosen)}" fill="none" stroke="currentColor" '
        'stroke-width="1.3"/></svg>'
    )
