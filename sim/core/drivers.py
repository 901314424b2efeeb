"""The drivers of a run: what comes from outside, and its autoregressive noise (submodel 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.world import Array


@dataclass(frozen=True)
class Driver:
    """One driver: its axes, its range and what it means."""

    axes: tuple[str, ...]
    low: float
    high: float
    unit: str
    meaning: str


DRIVERS: dict[str, Driver] = {
    "distraction": Driver(("power",), 0, 0.95, "share", "attention tied up elsewhere"),
    "boost": Driver(("power",), 0, 10, "ratio", "multiplier of interest in the region"),
    "format": Driver(("power",), 0, 1, "share", "bilateral fraction of engagement"),
    "agenda": Driver(("power", "channel"), 0, 1, "share", "is the channel on the power's table"),
    "stance": Driver(("power",), -1, 1, "position", "stance on the contested axis"),
    "demand": Driver(("power",), -0.9, 1, "share of GDP", "gap of demand in a power's economy"),
    "exchange_rate": Driver(("power",), -2, 2, "log points", "a power's currency, down is weaker"),
    "migration": Driver(("country", "power"), 0, 0.99, "share", "tightness of migration rules"),
    "alarm": Driver(("country", "power"), 0, 1, "fear", "fear of a power from outside the model"),
    "access": Driver(("country", "power"), 0, 2, "ratio", "terms of access between two states"),
    "barrier": Driver(("country", "power"), -1, 2, "log points", "cost of trade"),
    "enforcement": Driver(("power",), 0, 1, "share", "enforcement of secondary sanctions"),
    "coordination": Driver(("power", "other"), 0, 1, "share", "1 a cartel, 0 rivals"),
    "sanctions": Driver((), 0, 1, "share", "sanctions on the sanctioned powers"),
    "security_threat": Driver((), 0, 3, "index", "threat to security in the region"),
    "oil": Driver((), -3, 3, "log points", "oil price against the base"),
    "frost": Driver((), 0, 3, "index", "severity of a winter"),
    "consultation": Driver((), -1, 1, "joint voice", "regional consultation beyond the usual"),
    "drift": Driver((), 0, 5, "ratio", "multiplier of the secular drift of shares; 0 is off"),
    "transit_days": Driver(("route",), 0.1, 1000, "days", "transit time on a route"),
    "preference": Driver(
        ("country", "power", "channel"), -3, 3, "log points", "shift towards a power, unexplained"
    ),
    "exposure": Driver(
        ("country", "channel"), -2, 2, "log points", "value at risk in a channel against the base"
    ),
    "activity": Driver(
        ("country",), -1, 1, "log points", "dollar GDP against trend, from outside the model"
    ),
    "throughput": Driver(
        ("route",), -5, 2, "log points", "use of a route against what its share says"
    ),
}


def advance(
    name: str,
    previous: Array,
    mean: Array,
    previous_mean: Array,
    persistence: Array | None,
    noise: Array | None,
    shock: Array | None,
) -> Array:
    """One quarter of a driver.

    Parameters
    ----------
    name : str
        A key of `DRIVERS`; gives the range.
    previous, mean, previous_mean : array (*axes, run)
        The driver in the last quarter, its mean path now and then.
    persistence, noise, shock : array (*axes, run) or None
        rho_u, sigma_u and a standard normal draw; None for a driver without noise.

    Returns
    -------
    array (*axes, run)

    Equation
    --------
    (1) u = clip(mean + rho (previous - previous mean) + sigma shock)
    """
    driver = DRIVERS[name]
    value = mean
    if persistence is not None and noise is not None and shock is not None:
        value = mean + persistence * (previous - previous_mean) + noise * shock
    return np.clip(value, driver.low, driver.high)
