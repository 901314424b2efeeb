"""Approximate Bayesian computation with regression: draws of parameters given observed moments.

1. Summaries: the posterior mean of each parameter as a function of the moments, learnt by ridge
   regression on the moments and their squares (Fearnhead & Prangle 2012, JRSS B 74:419-474).
2. Acceptance of the simulations whose summaries lie nearest to the observed ones, with weights of
   Epanechnikov (Beaumont, Zhang & Balding 2002, Genetics 162:2025-2035).
3. Adjustment: what is left of the distance is taken out by a local regression of mean and variance
   (Blum & Francois 2010, Statistics and Computing 20:63-73, with lines for their networks).

All regressions work on the logit of the place in the unit cube, so that no draw can leave the
support of the prior.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from sim.core.errors import InputError
from sim.core.world import Array, Flags
from sim.fit.matching import sensible
from sim.fit.ridge import Ridge

FRACTION = 0.05
DRAWS = 1000
_EDGE = 1e-9  # nearest a coordinate of the unit cube may come to 0 or 1: a logit of 20
_FAR = 4.0  # standard deviations beyond which a moment counts as no farther, see `_features`
_FEWEST = 10  # accepted simulations a coefficient of the local regressions
_WIDEST = 2.0  # largest factor by which an adjustment of variance stretches a residual


def fewest_simulations(parameters: int) -> int:
    """Simulations that a library needs for a number of parameters."""
    return math.ceil(_fewest_accepted(parameters) / FRACTION)


def _fewest_accepted(parameters: int) -> int:
    return _FEWEST * (parameters + 1)


@dataclass(frozen=True)
class Draws:
    """Draws from the posterior.

    Parameters
    ----------
    cube : array (draw, parameter)
        Places in the unit cube, in an order that is random.
    effective : float
        Effective sample size (Kish) of the accepted simulations: ``sum(w)**2 / sum(w**2)``.
    accepted : int
        Simulations that the draws are made from.
    possible : float
        Share of the weight of the adjusted simulations that made sense.
    """

    cube: Array
    effective: float
    accepted: int
    possible: float


@dataclass(frozen=True)
class _Learnt:
    """What a library knows before anything is observed."""

    places: Array  # logit of the cube (simulation, parameter)
    centre: Array  # of the moments
    scale: Array
    ridge: Ridge
    spread: Array  # residual standard deviation of each parameter
    summaries: Array  # posterior means (simulation, parameter), in units of `spread`
    square: Array  # squared length of the summaries (simulation,)


@dataclass(frozen=True)
class Library:
    """Simulations that any observation can be conditioned on.

    Rows of NaN moments (vectors that make no sense) must have been dropped; `Library.of` does.

    Parameters
    ----------
    parameters : tuple of str
    moments : tuple of str
    cube : array (simulation, parameter)
        Places in the unit cube, drawn from the prior or from the part of it that history matching
        left.
    simulated : array (simulation, moment)
        One run each, errors of observation added.
    fraction : float
        Share of the simulations accepted.
    """

    parameters: tuple[str, ...]
    moments: tuple[str, ...]
    cube: Array = field(repr=False)
    simulated: Array = field(repr=False)
    fraction: float = FRACTION

    def __post_init__(self) -> None:
        sensible(self.simulated, self.moments)
        if self.cube.shape != (len(self.simulated), len(self.parameters)):
            raise InputError(
                f"library: found an array of shape {self.cube.shape} for {len(self.simulated)} "
                f"simulations of {len(self.parameters)} parameters"
            )
        if np.isnan(self.simulated).any():
            raise InputError("library: some simulations have no moments; leave them out")
        if not 0 < self.fraction <= 1:
            raise InputError(
                f"library: fraction: found {self.fraction:g}; allowed: above 0, at most 1"
            )
        needed = _fewest_accepted(len(self.parameters))
        if self.accepted < needed:
            raise InputError(
                f"library: {self.fraction:g} of {len(self.cube)} simulations are "
                f"{self.accepted}; {len(self.parameters)} parameters need at least {needed}: "
                "simulate more or raise the fraction"
            )

    @classmethod
    def of(
        cls,
        parameters: Sequence[str],
        moments: Sequence[str],
        cube: Array,
        simulated: Array,
        fraction: float = FRACTION,
    ) -> Library:
        """A library of the simulations that have moments; arguments as those of the class."""
        kept = ~np.isnan(simulated).all(axis=1)
        return cls(tuple(parameters), tuple(moments), cube[kept], simulated[kept], fraction)

    @property
    def accepted(self) -> int:
        """Simulations accepted for an observation."""
        return int(np.ceil(self.fraction * len(self.cube)))

    def prepare(self) -> Self:
        """Learn the summaries now instead of when first asked for; gives the library back."""
        self._learnt  # noqa: B018
        return self

    def condition(
        self,
        observed: Array,
        draws: int = DRAWS,
        seed: int = 0,
        possible: Callable[[Array], Flags] | None = None,
    ) -> Draws:
        """Draws of the parameters given observed moments.

        Parameters
        ----------
        observed : array (moment,)
        draws : int
            Wanted. They are resampled systematically, so that each accepted simulation comes as
            often as its weight says to within one; more draws than simulations accepted repeat
            them.
        seed : int
            Of the resampling, the only thing left to chance.
        possible : callable, optional
            Tells which places of the unit cube (draw, parameter) make sense; the others get no
            weight.

        Raises
        ------
        InputError
            If the observed moments do not fit the library, or no draw makes sense.
        """
        if observed.shape != (len(self.moments),):
            raise InputError(
                f"observed moments: found an array of shape {observed.shape}; the library has "
                f"{len(self.moments)} moments"
            )
        for name, value in zip(self.moments, observed, strict=True):
            if not np.isfinite(value):
                raise InputError(f"moment {name!r}: observed value {value} is not a finite number")
        if draws < 1:
            raise InputError(f"draws: found {draws}; at least 1 is needed")
        learnt = self._learnt
        target = learnt.ridge.predict(_features((observed[None] - learnt.centre) / learnt.scale))[0]
        near, weights = self._nearest(target / learnt.spread)
        cube = expit(_adjusted(learnt, near, weights, target))
        cube = np.clip(cube, _EDGE, 1 - _EDGE)
        share = 1.0
        if possible is not None:
            kept = possible(cube)
            share = float(weights[kept].sum() / weights.sum())
            if not share > 0:
                raise InputError("posterior: none of the draws makes sense")
            cube, weights = cube[kept], weights[kept]
        return Draws(cube[_resampled(weights, draws, seed)], _effective(weights), len(near), share)

    @cached_property
    def _learnt(self) -> _Learnt:
        centre, scale = self.simulated.mean(axis=0), self.simulated.std(axis=0)
        scale = np.where(scale > 1e-12 * np.abs(centre), scale, np.inf)  # one that never varies
        features = _features((self.simulated - centre) / scale)
        places = _places(self.cube)
        ridge = Ridge.fit(features, places)
        spread = np.sqrt(ridge.variance)
        summaries = ridge.predict(features) / spread
        square = np.einsum("ij,ij->i", summaries, summaries)
        return _Learnt(places, centre, scale, ridge, spread, summaries, square)

    def _nearest(self, target: Array) -> tuple[NDArray[np.intp], Array]:
        """Accepted simulations and their weights.

        Distances are measured in posterior standard deviations of each parameter: a summary that
        says nothing of its parameter hardly varies in this unit, and so has no say.
        """
        learnt = self._learnt
        square = learnt.square - 2 * (learnt.summaries @ target) + target @ target
        if self.accepted < len(square):
            order = np.argpartition(square, self.accepted)
            near, bound = np.sort(order[: self.accepted]), square[order[self.accepted]]
        else:
            near, bound = np.arange(len(square)), square.max() * (1 + 1e-9)
        weights = 1.0 - np.maximum(square[near], 0.0) / bound if bound > 0 else np.ones(len(near))
        return near, weights


def _places(cube: Array) -> Array:
    return logit(np.clip(cube, _EDGE, 1 - _EDGE))


def _features(scaled: Array) -> Array:
    """Moments in standard deviations, and their squares: array (row, 2 moments).

    Values beyond 4 standard deviations are drawn in to 4: a line through the bulk of the
    simulations says nothing of what lies so far out, and its square would say much.
    """
    near = np.clip(scaled, -_FAR, _FAR)
    return np.concatenate([near, near**2], axis=1)


def _adjusted(learnt: _Learnt, near: NDArray[np.intp], weights: Array, target: Array) -> Array:
    """Logits of the accepted simulations, as they would be at the observed summaries.

    The regression of the parameters on all moments is kept as the first step; what it leaves is
    regressed on the summaries near the observation, shrunk towards no further change. Both local
    regressions are cautious: the observation may lie outside the bulk of the accepted summaries,
    where a slope that is chance would carry the draws away.
    """
    away = learnt.summaries[near] - target / learnt.spread
    left = learnt.places[near] / learnt.spread - learnt.summaries[near]
    mean = Ridge.fit(away, left, weights, cautious=True)
    residual = left - mean.predict(away)
    # The mean of the logarithm of squares is not that of the squares, but ratios are all it takes.
    logarithm = np.log(np.maximum(residual**2, 1e-12))
    change = 0.5 * (away @ Ridge.fit(away, logarithm, weights, cautious=True).slopes)
    bound = np.log(_WIDEST)
    stretched = residual * np.exp(-np.clip(change, -bound, bound))
    return target + (mean.intercept + stretched) * learnt.spread


def _effective(weights: Array) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())


def _resampled(weights: Array, draws: int, seed: int) -> NDArray[np.intp]:
    """Systematic resampling (Kitagawa 1996) in random order: places (draw,)."""
    generator = np.random.default_rng(seed)
    steps = (np.arange(draws) + generator.random()) / draws
    places = np.searchsorted(np.cumsum(weights) / weights.sum(), steps)
    return generator.permutation(np.minimum(places, len(weights) - 1))
