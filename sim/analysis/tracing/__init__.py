"""Tracing one figure of a case: what uses it, and which outcomes it moves by how much."""

from sim.analysis.tracing.trace import Trace, trace
from sim.analysis.tracing.uses import Use, uses

__all__ = ["Trace", "Use", "trace", "uses"]
