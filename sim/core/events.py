"""Rows of the event log: what happened in a quarter, run by run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.position import VOTES
from sim.core.simulate import Quarter
from sim.core.world import Names

Columns = dict[str, NDArray[Any]]
COLUMNS = ("run", "quarter", "kind", "country", "power", "channel", "label", "value")


def extract(quarter: Quarter, names: Names, first_run: int) -> Columns:
    """Events of a quarter as columns of equal length.

    Parameters
    ----------
    quarter : Quarter
    names : Names
    first_run : int
        Number of the chunk's first run.

    Returns
    -------
    dict of array
        Keys `COLUMNS`. Kinds: `complied`, `backed_down`, `imposed` (outcomes of a threat; channel
        is the instrument, value its leverage as a share of GDP), `deal` (value in USD bn),
        `vote` (label is the vote, value the slot). Texts that do not apply are empty.
    """
    flow, moment = quarter.flow, quarter.moment
    countries = np.array(names.countries, dtype=object)
    powers = np.array(names.powers, dtype=object)
    channels = np.array(names.channels, dtype=object)
    parts: list[Columns] = []

    def add(kind: str, run: NDArray[np.intp], **columns: NDArray[Any]) -> None:
        blank = np.full(run.size, "", dtype=object)
        row: Columns = {
            "run": run + first_run,
            "quarter": np.full(run.size, quarter.quarter),
            "kind": np.full(run.size, kind, dtype=object),
        }
        row |= {name: columns.get(name, blank) for name in ("country", "power", "channel", "label")}
        row["value"] = columns["value"].astype(float)
        parts.append(row)

    for kind, happened in (
        ("complied", flow.coercion.comply),
        ("backed_down", flow.coercion.backed_down),
        ("imposed", flow.coercion.impose),
    ):
        country, power, run = happened.nonzero()
        channel = flow.instrument[country, power, run]
        add(
            kind,
            run,
            country=countries[country],
            power=powers[power],
            channel=channels[channel],
            value=flow.vulnerability[country, power, channel, run],
        )
    country, power, run = (flow.arrivals > 0).nonzero()
    gdp = np.broadcast_to(moment.gdp, (len(countries), flow.arrivals.shape[-1]))
    add(
        "deal",
        run,
        country=countries[country],
        power=powers[power],
        value=flow.arrival_size[country, power, run] * gdp[country, run],
    )
    slot, country, run = (flow.dated_votes >= 0).nonzero()
    add(
        "vote",
        run,
        country=countries[country],
        label=np.array(VOTES, dtype=object)[flow.dated_votes[slot, country, run]],
        value=slot,
    )
    return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
