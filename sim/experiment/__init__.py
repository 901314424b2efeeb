"""Ensembles: many runs of scenarios, in parallel, recorded on disk, and read back."""

from sim.experiment.result import Result, load

__all__ = ["Result", "load"]
