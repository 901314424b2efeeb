"""One picture before it is drawn: what it shows as a table, its words, and how to draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure

from sim.picture.style import Caption


@dataclass(frozen=True)
class Page:
    """A picture, ready to be drawn.

    Parameters
    ----------
    name : str
        Of the file, less its ending.
    table : DataFrame
        All that is drawn, in the units in which it is drawn.
    caption : Caption
        The words around the picture.
    alternative : str
        What a reader who cannot see the picture is told: a few sentences with its main numbers.
    drawing : callable
        Makes the figure.
    """

    name: str
    table: pd.DataFrame
    caption: Caption
    alternative: str
    drawing: Callable[[], Figure]

    def draw(self) -> Figure:
        """The figure."""
        return self.drawing()

    def named(self, name: str) -> Page:
        """The same picture under another name."""
        return replace(self, name=name)
