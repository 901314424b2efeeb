"""Scenario discovery: under which conditions the runs of interest arise, as boxes and a tree."""

from sim.analysis.discovery.boxes import Box
from sim.analysis.discovery.limit import Limit
from sim.analysis.discovery.quality import Quality
from sim.analysis.discovery.search import Discovery, discover
from sim.analysis.discovery.tree import Node, Tree

__all__ = ["Box", "Discovery", "Limit", "Node", "Quality", "Tree", "discover"]
