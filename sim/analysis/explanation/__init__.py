"""Why an outcome changed: exact decompositions, the events and the figures behind them."""

from sim.analysis.explanation.explain import explain
from sim.analysis.explanation.explanation import Change, Explanation

__all__ = ["Change", "Explanation", "explain"]
