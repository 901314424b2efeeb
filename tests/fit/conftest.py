"""The small case and its fit, set up."""

from __future__ import annotations

import pytest

from sim.case import Case, load_case
from sim.fit.fit import Problem, pose
from tests.fit.small_case import SMALL, make_case


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The toy case with an invented record."""
    return load_case(make_case(tmp_path_factory.mktemp("small") / "case"))


@pytest.fixture(scope="session")
def problem(small: Case) -> Problem:
    """A fit of the small case, set up."""
    return pose(small, SMALL)
