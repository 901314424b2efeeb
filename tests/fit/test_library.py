"""Simulated moments: a row depends on its vector and number alone, and is kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment.workers import Local
from sim.fit import library
from sim.fit.fit import Problem
from sim.fit.library import Simulator, consistent, simulate_moments, with_parameters
from sim.fit.matching import design

FIRST = 40  # number of the first vector


@pytest.fixture(scope="module")
def simulator(problem: Problem) -> Simulator:
    return problem.simulator


@pytest.fixture(scope="module")
def vectors(problem: Problem) -> Array:
    return problem.free.values(design(100, len(problem.free), seed=3))


@pytest.fixture
def chunked(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda size: monkeypatch.setattr(library, "CHUNK", size)


@pytest.fixture(scope="module")
def whole(simulator: Simulator, vectors: Array) -> Array:
    return simulator(vectors, FIRST)


def test_moments_are_the_same_for_any_chunks(
    simulator: Simulator, vectors: Array, whole: Array
) -> None:
    assert whole.shape == (100, len(simulator.targets))
    assert np.isfinite(whole).all()
    parts = [simulator(vectors[s : s + 30], FIRST + s) for s in range(0, 100, 30)]
    assert np.array_equal(np.concatenate(parts), whole)
    alone = simulator(vectors[17:18], FIRST + 17)
    assert np.array_equal(alone, whole[17:18])


def test_moments_depend_on_the_vector_and_on_its_number(
    simulator: Simulator, vectors: Array, whole: Array
) -> None:
    other = simulator(vectors, FIRST + 1)
    assert (other != whole).all()
    swapped = simulator(vectors[[1, 0]], FIRST)
    assert (swapped != whole[:2]).any(axis=1).all()


@pytest.mark.parametrize("jobs", [1, 2])
def test_moments_are_the_same_for_any_number_of_workers(
    jobs: int,
    simulator: Simulator,
    vectors: Array,
    whole: Array,
    tmp_path: Path,
    chunked: Callable[[int], None],
) -> None:
    chunked(30)
    found = simulate_moments(simulator, vectors, tmp_path / "kept", 1, FIRST, Local(jobs))
    assert np.array_equal(found, whole)
    assert len(list((tmp_path / "kept").glob("1-0*.npy"))) == 4


def test_chunks_that_stand_are_not_made_again(
    simulator: Simulator,
    vectors: Array,
    whole: Array,
    tmp_path: Path,
    chunked: Callable[[int], None],
) -> None:
    chunked(30)
    simulate_moments(simulator, vectors, tmp_path, 1, FIRST, Local(1))
    kept, *lost = sorted(tmp_path.glob("1-0*.npy"))
    marked = np.load(kept) + 1.0  # so that it shows whether it is made anew
    np.save(kept, marked)
    for path in lost[:2]:
        path.unlink()
    again = simulate_moments(simulator, vectors, tmp_path, 1, FIRST, Local(1))
    assert np.array_equal(again[:30], marked)
    assert np.array_equal(again[30:], whole[30:])
    # With nothing left to do, workers are not even started.
    assert np.array_equal(simulate_moments(simulator, vectors, tmp_path, 1, FIRST, Local(2)), again)


def test_what_is_kept_is_said_when_the_user_stops(
    simulator: Simulator, vectors: Array, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulator, "__call__", stopped)
    with pytest.raises(KeyboardInterrupt, match=r"what is simulated is kept in .*, the same comm"):
        simulate_moments(simulator, vectors[:4], tmp_path, 1, FIRST, Local(1))


def test_waves_are_kept_apart(
    simulator: Simulator, vectors: Array, whole: Array, tmp_path: Path
) -> None:
    simulate_moments(simulator, vectors, tmp_path, 1, FIRST, Local(1))
    second = simulate_moments(simulator, vectors[:50], tmp_path, 2, FIRST, Local(1))
    assert np.array_equal(second, whole[:50])


def changed(simulator: Simulator, what: str) -> Simulator:
    """A simulator that differs in one thing."""
    world, plan = simulator.world, simulator.plan
    match what:
        case "seed":
            return replace(simulator, seed=simulator.seed + 1)
        case "targets":
            first, *rest = simulator.targets
            return replace(simulator, targets=(replace(first, error=first.error * 2), *rest))
        case "priors":
            assert simulator.others is not None
            return replace(
                simulator, others=replace(simulator.others, high=simulator.others.high * 1.1)
            )
        case "parameters":  # one that is not fitted
            resolve = world.parameters.resolve * 1.001
            parameters = replace(world.parameters, resolve=resolve)
            return replace(simulator, world=replace(world, parameters=parameters))
        case "shares":
            share = world.attributes.share * 0.999
            attributes = replace(world.attributes, share=share)
            return replace(simulator, world=replace(world, attributes=attributes))
        case "routes":
            routes = replace(world.attributes.routes, days=world.attributes.routes.days + 1.0)
            attributes = replace(world.attributes, routes=routes)
            return replace(simulator, world=replace(world, attributes=attributes))
        case "texts":
            texts = replace(world.attributes.texts, threshold=world.attributes.texts.threshold + 1)
            attributes = replace(world.attributes, texts=texts)
            return replace(simulator, world=replace(world, attributes=attributes))
        case "references":
            drivers = world.drivers | {"stance": world.drivers["stance"] * 0.99}
            return replace(simulator, world=replace(world, drivers=drivers))
        case "noise":
            noise = {**plan.noise, "oil": plan.noise["oil"] + 0.01}
            return replace(simulator, plan=replace(plan, noise=noise))
        case "closures":
            return replace(simulator, plan=replace(plan, closure=plan.closure + 0.1))
    raise AssertionError(what)


@pytest.mark.parametrize(
    "what",
    [
        "seed",
        "targets",
        "priors",
        "parameters",
        "shares",
        "routes",
        "texts",
        "references",
        "noise",
        "closures",
    ],
)
def test_another_fit_is_not_mixed_in(
    what: str, simulator: Simulator, vectors: Array, tmp_path: Path
) -> None:
    simulate_moments(simulator, vectors[:4], tmp_path, 1, FIRST, Local(1))
    with pytest.raises(
        InputError,
        match=r"holds the simulations of another fit \(other data, parameters, seed or size\); "
        "choose another folder with --out, or begin anew with --overwrite",
    ):
        simulate_moments(changed(simulator, what), vectors[:4], tmp_path, 1, FIRST, Local(1))


def test_other_vectors_are_not_mixed_in(
    simulator: Simulator, vectors: Array, tmp_path: Path
) -> None:
    simulate_moments(simulator, vectors[:4], tmp_path, 1, FIRST, Local(1))
    with pytest.raises(InputError, match="holds the simulations of another fit"):
        simulate_moments(simulator, vectors[1:5], tmp_path, 1, FIRST, Local(1))


def test_a_chunk_that_fails_stops_the_fit_and_keeps_the_others(
    simulator: Simulator,
    vectors: Array,
    tmp_path: Path,
    chunked: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chunked(30)
    simulate = Simulator.__call__

    def fail(self: Simulator, some: Array, first: int) -> Array:
        if first == FIRST + 30:
            raise ArithmeticError("overflow")
        return simulate(self, some, first)

    monkeypatch.setattr(Simulator, "__call__", fail)
    with pytest.raises(
        InputError,
        match=r"the fit stopped at run 70: ArithmeticError: overflow; what is finished stays in",
    ):
        simulate_moments(simulator, vectors, tmp_path, 1, FIRST, Local(1))
    assert (tmp_path / "1-000000040.npy").exists()


def inconsistent(simulator: Simulator, vectors: Array) -> tuple[Simulator, Array]:
    """A simulator of one more parameter, and vectors of which every other one has no world."""
    names = (*simulator.names, "own_weight")
    own = np.where(np.arange(len(vectors)) % 2, 1e-6, simulator.world.parameters.own_weight[0])
    return replace(simulator, names=names), np.column_stack([vectors, own])


def test_vectors_without_a_consistent_world_have_no_moments(
    simulator: Simulator, vectors: Array, whole: Array
) -> None:
    other, wider = inconsistent(simulator, vectors)
    # Their own ideals would lie off the scale.
    assert consistent(other.world, other.names, wider).tolist() == [True, False] * 50
    found = other(wider, FIRST)
    assert np.isnan(found[1::2]).all()
    assert np.array_equal(found[::2], whole[::2])


def test_errors_of_observation_have_the_stated_spread(simulator: Simulator) -> None:
    """The same vectors with and without errors: what is between them has their spread."""
    number = 400
    centre = [getattr(simulator.world.parameters, name)[0] for name in simulator.names]
    vectors = np.tile(centre, (number, 1))
    sure = replace(simulator, targets=tuple(replace(one, error=0.0) for one in simulator.targets))
    errors = simulator(vectors, 0) - sure(vectors, 0)
    scaled = errors / np.array([one.error for one in simulator.targets])
    # Standard error of a mean 1/sqrt(n), of a standard deviation 1/sqrt(2n); 4.5 of them over
    # all targets.
    assert np.abs(scaled.mean(axis=0)).max() < 4.5 / np.sqrt(number)
    assert np.abs(scaled.std(axis=0) - 1.0).max() < 4.5 / np.sqrt(2 * number)
    correlation = np.corrcoef(scaled.T) - np.eye(len(simulator.targets))
    assert np.abs(correlation).max() < 5 / np.sqrt(number)


def test_parameters_not_fitted_vary_by_run(simulator: Simulator, vectors: Array) -> None:
    fixed = replace(simulator, others=None)
    assert (fixed(vectors, FIRST) != simulator(vectors, FIRST)).any()


def test_each_run_has_its_own_parameters(simulator: Simulator, vectors: Array) -> None:
    world = with_parameters(simulator.world, simulator.names, vectors)
    for place, name in enumerate(simulator.names):
        assert np.array_equal(getattr(world.parameters, name), vectors[:, place])
    assert world.parameters.resolve.shape == (1,)
