"""Words measured before they are placed: wrapped, balanced or cut to a width in inches."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from sim.picture.style import DPI, FONT

LINE = 1.32 / 72  # height of a line of text [inches a point]


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text [inches]."""
    renderer = RendererAgg(8, 8, DPI)
    font = FontProperties(family=FONT, size=size, weight=weight)
    width, _, _ = renderer.get_text_width_height_descent(text, font, False)
    return float(width) / DPI


def wrap(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Break a text into lines no wider than `width` inches; a longer word has a line to itself."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shorten(line, width, size, weight) for line in lines]


def balance(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Like `wrap`, with lines of about equal length instead of a last word on its own."""
    lines = wrap(text, width, size, weight)
    while True:
        width *= 0.97
        narrower = wrap(text, width, size, weight)
        if len(narrower) > len(lines) or any("…" in line for line in narrower):
            return lines
        lines = narrower


def shorten(text: str, width: float, size: float, weight: str = "normal") -> str:
    """A text cut with an ellipsis where it is wider than `width` inches."""
    if text_width(text, size, weight) <= width:
        return text
    while len(text) > 1 and text_width(text.rstrip() + "…", size, weight) > width:
        text = text[:-1]
    return text.rstrip() + "…"
