"""The small scenarios on the toy case that the tests of batches use."""

from tests.experiment.conftest import scenarios

__all__ = ["scenarios"]
