"""The page of a picture: question, legend and source line around a body measured in inches.

Heights follow from the text: words are measured before they are placed, so a long question makes
the page taller instead of running into the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from sim.picture.style import (
    DPI,
    FAINT,
    FONT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    PAPER,
    RULE,
    SUBTITLE,
    TITLE,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    readable,
)
from sim.picture.words import LINE, balance, shorten, text_width, wrap

SCREEN = 100  # dots an inch of a picture on a notebook's page
SAMPLE = 0.38  # length of a legend's line sample [inches]


@dataclass(frozen=True)
class Cell:
    """A panel's place in the body [inches from the body's lower left corner]."""

    left: float
    bottom: float
    width: float
    height: float


class Picture(Figure):
    """A figure that a notebook shows as it is, whatever its settings for figures are."""

    def __init__(self, height: float) -> None:
        super().__init__(figsize=(WIDTH, height), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        drawn = BytesIO()
        self.savefig(drawn, format="png", dpi=SCREEN)
        return drawn.getvalue()


def actor_lines(actor: Actor, width: float) -> list[str]:
    """A panel's heading in at most two lines: the name, and the unit if it has one of its own."""
    unit = f" ({actor.unit})" if actor.unit else ""
    lines = wrap(actor.name + unit, width, LABEL, "bold")
    if len(lines) > 2:
        rest = actor.name.removeprefix(lines[0]).strip()
        lines = [lines[0], shorten(rest, width - text_width(unit, LABEL, "bold"), LABEL, "bold")]
        lines[1] += unit
    return lines


class Sheet:
    """A figure with its words, and a body in which panels are placed by inches.

    Parameters
    ----------
    caption : Caption
        The words of the picture.
    reading : str
        How to read it: which quantiles its marks stand for.
    body : float
        Height of the body [inches].
    scenarios : sequence of Scenario
        Entries of the legend; none leaves the legend out.
    """

    def __init__(
        self, caption: Caption, reading: str, body: float, scenarios: Sequence[Scenario] = ()
    ) -> None:
        self.inner = WIDTH - 2 * MARGIN
        self.body = body
        questions = caption.title.splitlines()
        size = TITLE if len(questions) == 1 else SUBTITLE
        # Paragraphs of the head: lines, size, weight, colour.
        head = [(balance(one, self.inner, size, "bold"), size, "bold", INK) for one in questions]
        head += [
            (wrap(caption.shown, self.inner, LABEL, "bold"), LABEL, "bold", INK),
            (wrap(caption.detail, self.inner, LABEL), LABEL, "normal", FAINT),
        ]
        head_height = sum(len(lines) * size * LINE + 0.05 for lines, size, _, _ in head)
        plural = "run" if caption.runs == 1 else "runs"
        behind = caption.behind or f"{caption.runs:,} {plural} a scenario"
        foot = [
            *wrap(f"{reading} {caption.note}".strip(), self.inner, NOTE),
            *wrap(f"Source: {caption.source}; {behind}, seed {caption.seed}.", self.inner, NOTE),
        ]
        legend = self._flow(scenarios)
        legend_height = (legend[-1][0] + 1) * LABEL * LINE * 1.15 + 0.08 if legend else 0.0
        self.foot = len(foot) * NOTE * LINE + 0.12
        self.height = MARGIN + head_height + legend_height + body + self.foot + MARGIN
        self.figure = Picture(self.height)

        top = self.height - MARGIN
        for lines, size, weight, colour in head:
            for line in lines:
                self._write(MARGIN, top, line, size, weight=weight, color=colour, va="top")
                top -= size * LINE
            top -= 0.05
        for row, left, scenario, words in legend:
            middle = top - 0.04 - (row + 0.5) * LABEL * LINE * 1.15
            self._sample(MARGIN + left, middle, scenario)
            self._write(
                MARGIN + left + SAMPLE + 0.07, middle, words, LABEL,
                color=readable(scenario.colour), va="center_baseline",
            )  # fmt: skip
        rule = MARGIN + self.foot - 0.06
        self.figure.add_artist(
            Line2D([MARGIN / WIDTH, 1 - MARGIN / WIDTH], [rule / self.height] * 2,
                   color=RULE, linewidth=0.8)
        )  # fmt: skip
        for place, line in enumerate(foot, start=1):
            bottom = MARGIN + (len(foot) - place) * NOTE * LINE
            self._write(MARGIN, bottom, line, NOTE, color=FAINT, va="bottom")

    def _flow(self, scenarios: Sequence[Scenario]) -> list[tuple[int, float, Scenario, str]]:
        """Row and left edge of each legend entry, entries flowing like words."""
        entries: list[tuple[int, float, Scenario, str]] = []
        row, left = 0, 0.0
        for scenario in scenarios:
            words = shorten(scenario.title, self.inner - SAMPLE - 0.1, LABEL)
            width = SAMPLE + 0.07 + text_width(words, LABEL)
            if left and left + width > self.inner:
                row, left = row + 1, 0.0
            entries.append((row, left, scenario, words))
            left += width + 0.25
        return entries

    def _sample(self, left: float, middle: float, scenario: Scenario) -> None:
        self.figure.add_artist(
            Line2D(
                [left / WIDTH, (left + SAMPLE) / WIDTH], [middle / self.height] * 2,
                color=scenario.colour, linestyle=scenario.line, linewidth=2.2,
                solid_capstyle="butt", dash_capstyle="butt",
            )
        )  # fmt: skip

    def _write(self, left: float, bottom: float, text: str, size: float, **look: Any) -> Any:
        """Text at a place in inches from the page's lower left corner."""
        return self.figure.text(
            left / WIDTH, bottom / self.height, text,
            fontfamily=FONT, fontsize=size, parse_math=False, **{"ha": "left", **look},
        )  # fmt: skip

    def write(self, left: float, bottom: float, text: str, size: float, **look: Any) -> Any:
        """Text at a place in inches from the body's lower left corner."""
        return self._write(MARGIN + left, MARGIN + self.foot + bottom, text, size, **look)

    def rule(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A thin line between two places in inches from the body's lower left corner."""
        self.figure.add_artist(
            Line2D(
                [(MARGIN + place[0]) / WIDTH for place in (start, end)],
                [(MARGIN + self.foot + place[1]) / self.height for place in (start, end)],
                color=FAINT, linewidth=0.6, zorder=10,
            )
        )  # fmt: skip

    def line(
        self, start: tuple[float, float], end: tuple[float, float], colour: str, style: Any
    ) -> None:
        """A sample of a scenario's line between two places in inches from the lower left corner."""
        self.figure.add_artist(
            Line2D(
                [(MARGIN + place[0]) / WIDTH for place in (start, end)],
                [(MARGIN + self.foot + place[1]) / self.height for place in (start, end)],
                color=colour, linestyle=style, linewidth=1.6,
                solid_capstyle="butt", dash_capstyle="butt",
            )
        )  # fmt: skip

    def axes(self, cell: Cell, **options: Any) -> Any:
        """Axes that fill a cell of the body."""
        return self.figure.add_axes(
            (
                (MARGIN + cell.left) / WIDTH,
                (MARGIN + self.foot + cell.bottom) / self.height,
                cell.width / WIDTH,
                cell.height / self.height,
            ),
            **options,
        )

    def head(self, cell: Cell, actor: Actor, left: float = 0.0) -> None:
        """A panel's heading above its cell, beginning `left` of its edge."""
        bottom = cell.bottom + cell.height + 0.07
        for place, line in enumerate(reversed(actor_lines(actor, cell.width - left))):
            self.write(
                cell.left + left, bottom + place * LABEL * LINE, line, LABEL,
                weight="bold", color=INK, va="bottom",
            )  # fmt: skip

    def swatch(self, cell: Cell, colour: str) -> None:
        """A cell filled with a colour."""
        self.figure.add_artist(
            Rectangle(
                (
                    (MARGIN + cell.left) / WIDTH,
                    (MARGIN + self.foot + cell.bottom) / self.height,
                ),
                cell.width / WIDTH,
                cell.height / self.height,
                transform=self.figure.transFigure,
                facecolor=colour,
                edgecolor="none",
            )
        )


def grid(
    count: int,
    columns: int,
    width: float,
    panel: float,
    above: float,
    below: float,
    left: float,
    right: float = 0.08,
) -> tuple[list[Cell], float]:
    """Cells of small multiples, row by row, and the height they need.

    Parameters
    ----------
    count, columns : int
        Number of panels, and of panels a row.
    width : float
        Width of the body [inches].
    panel, above, below, left, right : float
        Height of a panel, and the room on each side of it [inches].
    """
    rows = -(-count // columns)
    step = above + panel + below
    cells = [
        Cell(
            left=(place % columns) * width / columns + left,
            bottom=(rows - 1 - place // columns) * step + below,
            width=width / columns - left - right,
            height=panel,
        )
        for place in range(count)
    ]
    return cells, rows * step
