"""Pictures: tables in, matplotlib figures out, and a folder of them for a result."""

from sim.picture.figures import figure
from sim.picture.gallery import plot_result

__all__ = ["figure", "plot_result"]
