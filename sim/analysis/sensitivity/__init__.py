"""What drives an outcome: sensitivity of a stored sweep's outcomes to its factors."""

from sim.analysis.sensitivity.study import Study, sensitivity, study

__all__ = ["Study", "sensitivity", "study"]
