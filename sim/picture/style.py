"""One look for every picture: sizes, colours, line styles and how a set of axes is dressed.

Every property is set on the artist it belongs to, never in matplotlib's global settings, so that
pictures can be drawn from several threads and leave a user's own figures alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.colors import to_hex, to_rgb

from sim.core.errors import InputError

FONT = "DejaVu Sans"  # ships with matplotlib, so every machine has it
WIDTH = 7.0  # inches; sizes below stay legible when a picture is printed half as wide
DPI = 200
MARGIN = 0.18  # inches
TITLE, SUBTITLE, LABEL, TICK, NOTE = 13.0, 11.5, 10.5, 9.5, 8.5  # points
INK, FAINT, RULE, PAPER = "#1a1a1a", "#5f5f5f", "#dddddd", "#ffffff"

# Okabe and Ito's colours in a fixed order, each with a line style of its own, so that a scenario
# can be told from the others without colour too.
SCENARIO_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SCENARIO_LINES: tuple[Any, ...] = (
    "solid",
    (0, (5, 1.5)),
    (0, (1.5, 1.2)),
    (0, (6, 1.5, 1.5, 1.5)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (8, 3)),
)
MOST_SCENARIOS = len(SCENARIO_COLOURS)


@dataclass(frozen=True)
class Actor:
    """What a panel, a row or a column stands for: a country, a power, a channel or a route."""

    code: str
    name: str
    colour: str = FAINT
    unit: str = ""


@dataclass(frozen=True)
class Scenario:
    """A scenario as it is drawn."""

    name: str
    title: str
    colour: str
    line: Any

    @property
    def short(self) -> str:
        """The title up to its colon."""
        return self.title.split(":")[0]


@dataclass(frozen=True)
class Caption:
    """The words without which no picture leaves this package.

    Parameters
    ----------
    title : str
        The question that the picture answers; several stand on lines of their own.
    shown : str
        What is drawn, in a few words.
    detail : str
        Meaning and unit of what is drawn.
    source : str
        Program, version, case.
    runs : int
        Number of runs a scenario, at least one; the fewest where scenarios differ.
    seed : int
        Root seed of the runs.
    note : str
        A remark on how to read the picture.
    behind : str
        What the picture rests on, where that is not runs of scenarios: ``2,000 draws``.

    Raises
    ------
    InputError
        If the title, what is shown, the source or the number of runs is missing.
    """

    title: str
    shown: str
    detail: str
    source: str
    runs: int
    seed: int
    note: str = ""
    behind: str = ""

    def __post_init__(self) -> None:
        for field in ("title", "shown", "source"):
            if not str(getattr(self, field)).strip():
                raise InputError(f"a picture needs its {field}; found none")
        if self.runs < 1:
            raise InputError(f"a picture needs the number of runs behind it; found {self.runs}")


def scenario_styles(names: Sequence[str], titles: Sequence[str]) -> list[Scenario]:
    """Colours and line styles of scenarios, fixed by their order.

    Raises
    ------
    InputError
        If there are none, or more than can be told apart in one picture.
    """
    if not 1 <= len(names) <= MOST_SCENARIOS:
        raise InputError(f"one picture shows 1 to {MOST_SCENARIOS} scenarios; found {len(names)}")
    looks = zip(names, titles, SCENARIO_COLOURS, SCENARIO_LINES, strict=False)
    return [Scenario(*look) for look in looks]


def check_quantiles(quantiles: Sequence[float], least: int) -> tuple[float, ...]:
    """The quantiles a picture shows, in rising order and symmetric about the median.

    Raises
    ------
    InputError
        If there are fewer than `least`, or they do not pair up around 0.5.
    """
    found = tuple(sorted(quantiles))
    paired = all(
        abs(low + high - 1) < 1e-9 for low, high in zip(found, reversed(found), strict=True)
    )
    if len(found) < least or len(found) % 2 == 0 or not paired or found[0] <= 0:
        raise InputError(
            f"a picture needs the quantiles it shows: at least {least}, the median and pairs "
            f"around it, such as 0.05, 0.5, 0.95; found {list(quantiles)}"
        )
    return found


def percent(share: float) -> str:
    """A share as a rounded percentage, as in '90%'."""
    return f"{100 * share:.3g}%"


def contrast(colour: str) -> float:
    """Contrast of a colour against white paper, from 1 (white) to 21 (black) (WCAG 2)."""
    linear = [
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in to_rgb(colour)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def readable(colour: str) -> str:
    """The colour, darkened until words in it can be read on white paper."""
    red, green, blue = to_rgb(colour)
    while contrast(to_hex((red, green, blue))) < 4.5:
        red, green, blue = 0.93 * red, 0.93 * green, 0.93 * blue
    return to_hex((red, green, blue))


def dress(axes: Any) -> None:
    """Give axes the common look: no box, thin rules, small ticks."""
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.spines["bottom"].set_linewidth(0.8)
    axes.tick_params(
        labelsize=TICK, labelfontfamily=FONT, labelcolor=INK, color=FAINT, length=3, width=0.8
    )
    axes.set_axisbelow(True)
