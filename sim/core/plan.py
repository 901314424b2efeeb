"""What happens from outside: the dense paths of a scenario, a value a quarter.

Like the arrays of the world, every floating-point array has a trailing runs axis of length 1 or R.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.world import Array


@dataclass(frozen=True)
class Plan:
    """Paths by quarter that a scenario prescribes.

    A quarter is counted as ``4 * year + (quarter of the year - 1)``.
    """

    start: int  # first simulated quarter
    quarters: int  # T
    drivers: dict[str, Array]  # mean path of each driver (quarter, *axes, run)
    persistence: dict[str, Array]  # rho_u (*axes, run), for drivers with noise only
    noise: dict[str, Array]  # sigma_u (*axes, run), the same keys as persistence
    membership: Array  # (quarter, country, run) 1 while in the consultative group
    disruption: Array  # (quarter, country, power, channel, run) forced disruption in [0, 1]
    alarm_events: Array  # (quarter, country, power, run) weight of forced events in learning
    summits: Array  # (quarter, country, power, run) attention added, multiples of reference
    announced: Array  # (quarter, country, power, sector, run) [share of GDP]
    committed: Array  # (quarter, country, power, sector, run) [share of GDP], enters Q
    capacity: Array  # (quarter, route, run) capacity opened [share of base flow]
    closure: Array  # (quarter, route, run) share of the route closed, for volumes
    vote_threshold: Array  # (quarter, slot, run) theta_v of dated resolutions
    vote_stake: Array  # (quarter, slot, power, run)
    vote_sign: Array  # (quarter, slot, run) +1 or -1; 0 where the slot holds no resolution
