"""Re-exports to sanctioned powers and what enforcement does to them (submodel 6)."""

from __future__ import annotations

from sim.core.choice import logistic
from sim.core.world import Array, Flags


def target(
    access: Array,
    sanctions: Array,
    clearing_risk: Array,
    margin: Array,
    sensitivity: Array,
    determinacy: Array,
) -> Array:
    """Re-export intensity that pays.

    Parameters
    ----------
    access, clearing_risk : array (country, run)
        Access to the sanctioned market; sum over enforcers of e V in clearing.
    sanctions : array (run,)
    margin, sensitivity, determinacy : array (run,)
        m_z, ell_z, lambda_z.

    Returns
    -------
    array (country, run)
        z*, in [0, 1].
    """
    wanted: Array = (
        access * sanctions * logistic(determinacy * (margin - sensitivity * clearing_risk))
    )
    return wanted


def clearing_risk(vulnerability: Array, enforcement: Array, clearing: Flags) -> Array:
    """Loss through clearing that enforcers threaten re-exporters with.

    Parameters
    ----------
    vulnerability : array (country, power, channel, run)
    enforcement : array (power, run)
        e, 0 for powers that do not enforce.
    clearing : array (channel,) of bool
        True for clearing channels.

    Returns
    -------
    array (country, run)
    """
    exposed = vulnerability[:, :, clearing].sum(axis=2)
    risk: Array = (enforcement * exposed).sum(axis=1)
    return risk
