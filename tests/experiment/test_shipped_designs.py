"""The designs that are shipped: each can be run, and their ranges are what they say they are."""

from __future__ import annotations

import numpy as np
import pytest

from sim.case import load_case
from sim.experiment.design import list_designs, load_design
from sim.experiment.sweep import plan_sweep

SCREENING, CHOSEN = "what_drives_screening", "what_drives"


@pytest.mark.parametrize("name", list_designs())
def test_a_shipped_design_can_be_run(name: str) -> None:
    size = {"morris": 2, "saltelli": 2, "latin_hypercube": 4, "sobol": 4}
    planned = plan_sweep(name, rows=size.get(load_design(name).mode), runs=2)
    assert planned.kept
    assert planned.rows.ids
    for factor in load_design(name).factor:
        assert factor.reason or factor.source, f"{name}, {factor.called}: why this range?"


def test_ranges_of_parameters_are_the_middle_of_their_posterior() -> None:
    design = load_design(SCREENING)
    posterior = load_case("central_asia").posterior
    assert posterior is not None
    low, high = np.quantile(posterior.values, [0.05, 0.95], axis=0)
    ranges = {name: (low[at], high[at]) for at, name in enumerate(posterior.names)}
    found = {
        one.path.removeprefix("parameters."): (one.low, one.high)
        for one in design.factor
        if one.path.startswith("parameters.")
    }
    assert len(found) > 50
    for name, values in found.items():
        np.testing.assert_allclose(values, ranges[name], rtol=5e-3, err_msg=name)  # 3 digits


def test_the_chosen_factors_have_the_ranges_of_the_screening() -> None:
    screened = {one.called: one for one in load_design(SCREENING).factor}
    chosen = load_design(CHOSEN).factor
    assert len(chosen) > 20
    for one in chosen:
        assert one == screened[one.called]
