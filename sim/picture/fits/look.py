"""Colours that pictures of fits and hindcasts share."""

from __future__ import annotations

MAIN, OTHER, OUTSIDE = "#0072B2", "#5f5f5f", "#D55E00"  # a forecast, another, what lies outside
PRIOR = "#C4C4C4"
OUTER, INNER = "#BFD9EC", "#6FAFD8"  # intervals, from wide to narrow
BAND = "#E7E7E7"  # what chance may do, or what is allowed
