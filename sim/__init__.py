"""multivector: multi-vector diplomacy of small states between rival great powers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.case import load_case
    from sim.experiment.batch import batch
    from sim.experiment.result import load
    from sim.experiment.sweep import sweep
    from sim.picture import figure
    from sim.scenario import load_scenario

__version__ = "0.6.0"

__all__ = ["batch", "figure", "load", "load_case", "load_scenario", "sweep"]

_HOMES = {
    "batch": "sim.experiment.batch",
    "figure": "sim.picture",
    "load": "sim.experiment.result",
    "load_case": "sim.case",
    "load_scenario": "sim.scenario",
    "sweep": "sim.experiment.sweep",
}


def __getattr__(name: str) -> Any:
    """Import what the three-line interface offers when it is first asked for, not before."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
