"""History matching: rules out, wave by wave, parameters with which the record cannot be reached.

Craig et al. 1997 (Pressure matching for hydrocarbon reservoirs), Vernon, Goldstein & Bower 2010
(Bayesian Analysis 5:619-670), McCulloch et al. 2022 (JASSS 25(2)1) for agent-based models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from sim.core.errors import InputError
from sim.core.world import Array, Flags
from sim.fit.prior import Prior
from sim.fit.ridge import Ridge

# Moments (vector, moment) of vectors of values (vector, parameter), one stochastic run each; the
# second argument is the number of the first vector's run, and row i depends on nothing but vector
# i and its number, so that chunks and workers change nothing. A vector that makes no sense has a
# row of NaN.
Simulate = Callable[[Array, int], Array]

CUT = 3.0  # three standard deviations hold 95 percent of any unimodal distribution (Pukelsheim)
RANK = 3  # the largest implausibility but two decides
_ROWS = 8192  # vectors emulated together: bounds the memory
_MOST_PAIRS = 200  # interactions an emulator may hold
_PAIR_LEVEL = 4.5  # standard errors by which an interaction must stand out among thousands
_BLOCK = 2**14  # candidates tried together


def design(vectors: int, parameters: int, seed: int) -> Array:
    """The first points of a scrambled Sobol sequence: spread evenly over the unit cube.

    Returns
    -------
    array (vector, parameter), in (0, 1)
    """
    return _Points(parameters, seed).take(vectors)


class _Points:
    """Points of one scrambled Sobol sequence, each given once."""

    def __init__(self, parameters: int, seed: int) -> None:
        self._sequence = qmc.Sobol(parameters, scramble=True, seed=np.random.default_rng(seed))

    def take(self, number: int) -> Array:
        # Whole powers of two keep the sequence balanced; what is over is dropped.
        points: Array = self._sequence.random(2 ** (number - 1).bit_length())
        # A point on a face of the cube would have no place on an unbounded scale.
        return np.clip(points[:number], 2.0**-31, 1 - 2.0**-31)


@dataclass(frozen=True)
class Emulator:
    """Means of moments as a polynomial of the place in the unit cube.

    Legendre polynomials of first and second degree in each parameter, and products of two
    parameters where the residuals ask for them. The polynomials have mean 0 and variance 1 under
    the prior: a slope is the change of a moment for one standard deviation of a parameter (on the
    scale of the cube), and its square the parameter's share of the variance.

    Parameters
    ----------
    pairs : array of int (pair, 2)
        Parameters whose product is a feature.
    ridge : Ridge
    """

    pairs: NDArray[np.int64]
    ridge: Ridge

    @classmethod
    def fit(cls, cube: Array, moments: Array) -> Emulator:
        """Fit to one stochastic run at each vector.

        A product enters if its correlation with the residuals of some moment, left by a fit
        without products, exceeds 4.5 standard errors in the first 8,192 vectors; the strongest
        200 at most.

        Parameters
        ----------
        cube : array (vector, parameter)
        moments : array (vector, moment)
        """
        none = np.empty((0, 2), dtype=np.int64)
        features = _features(cube, none)
        plain = Ridge.fit(features, moments)
        some = features[:_ROWS]
        pairs = _interactions(some[:, : cube.shape[1]], moments[:_ROWS] - plain.predict(some))
        if not len(pairs):
            return cls(none, plain)
        return cls(pairs, Ridge.fit(_features(cube, pairs), moments))

    def mean(self, cube: Array) -> Array:
        """Expected moments at places of the unit cube, array (vector, moment)."""
        parts = [
            self.ridge.predict(_features(cube[start : start + _ROWS], self.pairs))
            for start in range(0, len(cube), _ROWS)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.ridge.intercept)))

    def variance(self, vectors: int) -> Array:
        """Variance of one run about the emulated mean, array (moment,).

        The residual variance holds the chance of one run and the emulator's lack of fit, and is
        taken to be the same everywhere in a wave; the average variance of the fitted mean, from
        `vectors` runs, is added.
        """
        return self.ridge.variance * (1.0 + self.ridge.freedom / vectors)

    def slopes(self, parameters: int) -> Array:
        """Change of each moment for one standard deviation of each parameter.

        Returns
        -------
        array (moment, parameter)
        """
        return self.ridge.slopes[:parameters].T


def _interactions(linear: Array, residuals: Array) -> NDArray[np.int64]:
    """Pairs of parameters whose products go with the residuals, array (pair, 2), in order."""
    rows, parameters = linear.shape
    left = residuals - residuals.mean(axis=0)
    size = np.sqrt(np.einsum("ij,ij->j", left, left))
    left /= np.where(size > 0, size, np.inf)
    first, second = np.triu_indices(parameters, 1)
    strength = np.empty(len(first))
    for one in range(parameters - 1):
        products = linear[:, one : one + 1] * linear[:, one + 1 :]
        products -= products.mean(axis=0)
        length = np.sqrt(np.einsum("ij,ij->j", products, products))
        found = np.abs(products.T @ left).max(axis=1)
        strength[first == one] = found / np.where(length > 0, length, np.inf)
    strongest = np.argsort(-strength, kind="stable")[:_MOST_PAIRS]
    kept = np.sort(strongest[strength[strongest] > _PAIR_LEVEL / np.sqrt(rows)])
    return np.stack([first[kept], second[kept]], axis=1)


def _features(cube: Array, pairs: NDArray[np.int64]) -> Array:
    """Polynomials, array (vector, feature): first degree, second degree, products of pairs."""
    number = cube.shape[1]
    features = np.empty((len(cube), 2 * number + len(pairs)))
    linear = features[:, :number]
    np.multiply(np.sqrt(12.0), cube - 0.5, out=linear)
    features[:, number : 2 * number] = np.sqrt(5.0) / 2 * (linear**2 - 1.0)
    np.multiply(linear[:, pairs[:, 0]], linear[:, pairs[:, 1]], out=features[:, 2 * number :])
    return features


@dataclass(frozen=True)
class Wave:
    """Simulations of one wave, the emulator learnt from them, and what it leaves.

    Parameters
    ----------
    cube : array (vector, parameter)
        Vectors simulated that made sense.
    moments : array (vector, moment)
    possible : float
        Share of the vectors simulated that made sense.
    emulator : Emulator
    spread : array (moment,)
        Standard deviation that implausibility is measured in.
    implausibility : array (vector, moment)
    """

    cube: Array
    moments: Array
    possible: float
    emulator: Emulator
    spread: Array
    implausibility: Array


@dataclass(frozen=True)
class Matching:
    """Waves of history matching and what they have not ruled out.

    Parameters
    ----------
    parameters, moments : tuple of str
    observed : array (moment,)
    waves : tuple of Wave
    shares : tuple of float
        Share of the prior not ruled out by this wave and those before it, a wave.
    rank, cut : see `match`
    stopped : str
        Why there are no more waves.
    """

    parameters: tuple[str, ...]
    moments: tuple[str, ...]
    observed: Array
    waves: tuple[Wave, ...]
    shares: tuple[float, ...]
    rank: int
    cut: float
    stopped: str

    @property
    def judged(self) -> Flags:
        """Moments that rule places out, (moment,): those that the first wave's vectors reach.

        A moment that none of them reaches says that the model is wrong about it, not which
        parameters are.
        """
        reached: Flags = self.waves[0].implausibility.min(axis=0) <= self.cut
        return reached

    def contains(self, cube: Array) -> Flags:
        """Whether no wave rules a place of the unit cube out, array (vector,)."""
        inside = np.ones(len(cube), dtype=bool)
        for wave in self.waves:
            found = _implausibility(wave.emulator.mean(cube[inside]), self.observed, wave.spread)
            found = found[:, self.judged]
            # The rank-th largest is within the cut if fewer than that many lie beyond it.
            inside[inside] = (found > self.cut).sum(axis=1) < self.rank
        return inside

    def sample(self, vectors: int, seed: int, search: int = 2**22) -> tuple[Array, float]:
        """Draws of the prior that no wave rules out, by rejection from a Sobol sequence.

        Parameters
        ----------
        vectors : int
            Draws wanted; fewer come out if the search ends before.
        seed : int
            Another one than that of `match` gives other vectors.
        search : int
            Candidates tried at most.

        Returns
        -------
        array (vector, parameter), float
            Places in the unit cube, and the share of candidates that passed.
        """
        return self._search(_Points(len(self.parameters), seed), vectors, search)

    def table(self) -> pd.DataFrame:
        """Implausibility of each moment in each wave.

        Columns: wave, moment, observed, spread (the standard deviation that implausibility is
        measured in), least (over all vectors), best (at the vector whose combined implausibility
        is least), median (at the vector in the middle), reached (whether some vector comes within
        the cut), share_left, possible.
        """
        rows = []
        for number, (wave, share) in enumerate(zip(self.waves, self.shares, strict=True), 1):
            judged = wave.implausibility[:, self.judged]
            order = np.argsort(_combined(judged, self.rank), kind="stable")
            least = wave.implausibility.min(axis=0)
            rows.append(
                pd.DataFrame(
                    {
                        "wave": number,
                        "moment": self.moments,
                        "observed": self.observed,
                        "spread": wave.spread,
                        "least": least,
                        "best": wave.implausibility[order[0]],
                        "median": wave.implausibility[order[len(order) // 2]],
                        "reached": least <= self.cut,
                        "share_left": share,
                        "possible": wave.possible,
                    }
                )
            )
        return pd.concat(rows, ignore_index=True)

    def unreachable(self) -> tuple[str, ...]:
        """Moments that no vector of the last wave brings within the cut."""
        least = self.waves[-1].implausibility.min(axis=0)
        return tuple(
            name for name, value in zip(self.moments, least, strict=True) if value > self.cut
        )

    def _search(self, points: _Points, vectors: int, search: int) -> tuple[Array, float]:
        found: list[Array] = []
        number = tried = 0
        while number < vectors and tried < search:
            candidates = points.take(min(_BLOCK, search - tried))
            passed = candidates[self.contains(candidates)]
            found.append(passed)
            number, tried = number + len(passed), tried + len(candidates)
        return np.concatenate(found)[:vectors], number / tried


def match(
    prior: Prior,
    simulate: Simulate,
    observed: Array,
    variance: Array,
    moments: Sequence[str],
    seed: int,
    *,
    vectors: int = 4096,
    waves: int = 3,
    rank: int = RANK,
    cut: float = CUT,
    search: int = 2**22,
) -> Matching:
    """Rule parameters out in waves.

    Each wave simulates one run at each vector, learns the mean of each moment from them
    (`Emulator`), and rules out every place of the unit cube at which the implausibility

        I_j = |z_j - E f_j| / sqrt(V_obs + V_mod + V_ens)

    is above the cut in `rank` moments or more: the largest but two at the default, so that one or
    two moments that are far off by chance among a hundred do not decide (Vernon et al. 2010 use
    the second and the third). Moments that no vector of the first wave reaches rule nothing out:
    they say that the model is wrong about them. V_ens is the variance of one run,
    because the record is one history. The next wave takes points of the same Sobol sequence that
    no wave has ruled out. It ends early if too few of them are found.

    Parameters
    ----------
    prior : Prior
    simulate : callable
        ``simulate(values, first)``, see `Simulate`; a row of NaN for a vector that makes no sense.
    observed : array (moment,)
    variance : array (moment,)
        V_obs + V_mod: of the error of observation and of the model's discrepancy, as far as the
        simulated moments do not hold them already.
    moments : sequence of str
        Names, for reports and errors.
    seed : int
    vectors : int
        Vectors a wave.
    waves : int
        Waves at most.
    rank : int
        Moments that must be implausible for a place to be ruled out; at most all of them.
    cut : float
    search : int
        Candidates tried at most for the next wave.

    Raises
    ------
    InputError
        If an input or a simulated moment is no finite number, or a moment has neither error nor
        spread.
    """
    _check(observed, variance, moments)
    for label, number in (("vectors", vectors), ("waves", waves), ("rank", rank)):
        if number < 1:
            raise InputError(f"history matching: {label}: found {number}; at least 1 is needed")
    points = _Points(len(prior), seed)
    cube = points.take(vectors)
    matching = Matching(
        prior.names, tuple(moments), observed, (), (), min(rank, len(moments)), cut, stopped=""
    )
    first = 0
    while not matching.stopped:
        wave = _wave(prior, simulate, observed, variance, moments, cube, first)
        first += len(cube)
        matching = replace(matching, waves=(*matching.waves, wave))
        cube, share = matching._search(points, vectors, search)
        stopped = ""
        if len(cube) < vectors:
            stopped = (
                f"{len(cube)} of {vectors} vectors found among {search} candidates: "
                f"{100 * share:.3g} percent of the prior are left"
            )
        elif len(matching.waves) == waves:
            stopped = "the last wave asked for is done"
        matching = replace(matching, shares=(*matching.shares, share), stopped=stopped)
    return matching


def _wave(
    prior: Prior,
    simulate: Simulate,
    observed: Array,
    variance: Array,
    names: Sequence[str],
    cube: Array,
    first: int,
) -> Wave:
    found = sensible(simulate(prior.values(cube), first), names)
    possible = ~np.isnan(found).any(axis=1)
    if possible.sum() < 2:
        raise InputError(
            f"history matching: {possible.sum()} of {len(cube)} vectors could be simulated; "
            "at least 2 are needed"
        )
    cube, found = cube[possible], found[possible]
    emulator = Emulator.fit(cube, found)
    spread = np.sqrt(variance + emulator.variance(len(cube)))
    for name, one in zip(names, spread, strict=True):
        if not one > 0:
            raise InputError(
                f"moment {name!r}: has no error and does not vary between runs; it cannot rule "
                "anything out, leave it out or give it an error"
            )
    implausibility = _implausibility(emulator.mean(cube), observed, spread)
    return Wave(cube, found, float(possible.mean()), emulator, spread, implausibility)


def sensible(moments: Array, names: Sequence[str]) -> Array:
    """Check simulated moments: a row is all numbers, or all NaN for a vector that makes no sense.

    Raises
    ------
    InputError
        If moments do not fit their names, or one is no finite number in an otherwise good row.
    """
    if moments.ndim != 2 or moments.shape[1] != len(names):
        raise InputError(
            f"simulated moments: found an array of shape {moments.shape}; needed: "
            f"(vectors, {len(names)})"
        )
    bad = ~np.isfinite(moments) & ~np.isnan(moments).all(axis=1, keepdims=True)
    if bad.any():
        worst = int(bad.sum(axis=0).argmax())
        raise InputError(
            f"moment {names[worst]!r}: is not a finite number in {bad[:, worst].sum()} of "
            f"{len(moments)} runs; define it so that every run has one"
        )
    return moments


def _implausibility(mean: Array, observed: Array, spread: Array) -> Array:
    return np.abs(observed - mean) / spread


def _combined(implausibility: Array, rank: int) -> Array:
    """The rank-th largest implausibility of each vector, array (vector,)."""
    if not implausibility.shape[1]:
        return np.zeros(len(implausibility))
    place = max(implausibility.shape[1] - rank, 0)
    return np.partition(implausibility, place, axis=1)[:, place]


def _check(observed: Array, variance: Array, names: Sequence[str]) -> None:
    for label, array in (("observed", observed), ("variance", variance)):
        if array.shape != (len(names),):
            raise InputError(
                f"history matching: {label}: found an array of shape {array.shape}; needed: "
                f"({len(names)},)"
            )
    for name, value, error in zip(names, observed, variance, strict=True):
        if not np.isfinite(value):
            raise InputError(f"moment {name!r}: observed value {value} is not a finite number")
        if not (np.isfinite(error) and error >= 0):
            raise InputError(f"moment {name!r}: variance {error}; a number of 0 or more is needed")
