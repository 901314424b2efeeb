"""Scenarios: from a TOML file to the world and the dense paths that the core simulates."""

from sim.scenario.compile import compile_plan
from sim.scenario.load import list_scenarios, load_scenario, scenario_from_text
from sim.scenario.schema import Scenario, json_schema

__all__ = [
    "Scenario",
    "compile_plan",
    "json_schema",
    "list_scenarios",
    "load_scenario",
    "scenario_from_text",
]
