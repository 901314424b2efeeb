"""multivector: multi-vector diplomacy of small states between rival great powers.

What is listed in ``__all__`` is the public interface; docs/api.md says how long it stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analysis.explanation import explain
    from sim.analysis.tracing import trace
    from sim.case import Case, load_case
    from sim.core.errors import InputError
    from sim.experiment import Result, Sweep, load
    from sim.experiment.batch import batch
    from sim.experiment.sweep import sweep
    from sim.mesa_model import DiplomacyModel
    from sim.picture import figure
    from sim.report.document import write_report
    from sim.scenario import Scenario, list_scenarios, load_scenario

__version__ = "0.6.0"

__all__ = [
    "Case",
    "DiplomacyModel",
    "InputError",
    "Result",
    "Scenario",
    "Sweep",
    "batch",
    "explain",
    "figure",
    "list_scenarios",
    "load",
    "load_case",
    "load_scenario",
    "sweep",
    "trace",
    "write_report",
]

_HOMES = {
    "Case": "sim.case",
    "DiplomacyModel": "sim.mesa_model",
    "InputError": "sim.core.errors",
    "Result": "sim.experiment",
    "Scenario": "sim.scenario",
    "Sweep": "sim.experiment",
    "batch": "sim.experiment.batch",
    "explain": "sim.analysis.explanation",
    "figure": "sim.picture",
    "list_scenarios": "sim.scenario",
    "load": "sim.experiment",
    "load_case": "sim.case",
    "load_scenario": "sim.scenario",
    "sweep": "sim.experiment.sweep",
    "trace": "sim.analysis.tracing",
    "write_report": "sim.report.document",
}


def __getattr__(name: str) -> Any:
    """Import what the interface offers when it is first asked for, not before."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Names for completion, those that are not imported yet among them."""
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING", "annotations"})
