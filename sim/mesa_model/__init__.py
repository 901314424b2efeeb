"""Mesa's face on the core: one run, agents as views on its arrays."""

from sim.mesa_model.agents import CountryAgent, PowerAgent
from sim.mesa_model.model import DiplomacyModel

__all__ = ["CountryAgent", "DiplomacyModel", "PowerAgent"]
