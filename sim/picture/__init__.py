"""Pictures: tables in, matplotlib figures out, and a folder of them for a result."""

from sim.picture.batch.gallery import plot_result

__all__ = ["plot_result"]
