"""A case: tables of actors, routes and figures, and the world they make at a base quarter."""

from sim.case.case import Case, load_case

__all__ = ["Case", "load_case"]
