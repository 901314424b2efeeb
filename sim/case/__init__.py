"""A case: tables of actors, routes and figures, and the world they make at a base quarter."""

from sim.case.case import Case, load_case
from sim.case.posterior import Posterior, read_posterior, write_posterior

__all__ = ["Case", "Posterior", "load_case", "read_posterior", "write_posterior"]
