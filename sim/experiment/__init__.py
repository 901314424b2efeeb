"""Ensembles: many runs of scenarios, in parallel, recorded on disk, and read back."""

from sim.experiment.result import Result, load, load_batch
from sim.experiment.sweep_result import Sweep

__all__ = ["Result", "Sweep", "load", "load_batch"]
