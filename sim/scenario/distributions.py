"""Distributions a scenario may put in the place of a number: inverse cumulative functions.

A uniform draw goes in, a value comes out, so that a run keeps its draw whatever else changes.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy import special

from sim.core.world import Array

INFINITY = float("inf")
_TINY = 2.0**-54  # stands for a uniform draw of exactly 0, half the step of the generator

# No quantity of the model comes near the bound; it keeps sums and products of numbers finite.
Number = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]


class _Distribution(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def inverse(self, uniform: Array) -> Array:
        """Turn uniform draws in [0, 1) into values, element by element."""
        raise NotImplementedError

    def support(self) -> tuple[float, float]:
        """The least and the greatest value that can come out."""
        raise NotImplementedError

    def words(self) -> str:
        """The distribution as a reader sees it: ``uniform(low 0, high 6)``."""
        fields = self.model_dump(exclude={"distribution"}, exclude_none=True)
        parts = [f"{name} {_plain(value)}" for name, value in fields.items()]
        return f"{self.model_dump()['distribution']}({', '.join(parts)})"


def _plain(value: float | list[float] | tuple[float, ...]) -> str:
    return " ".join(f"{v:g}" for v in value) if isinstance(value, list | tuple) else f"{value:g}"


class Uniform(_Distribution):
    """Every value between low and high alike."""

    distribution: Literal["uniform"] = Field(description="its name")
    low: Number = Field(description="least value")
    high: Number = Field(description="greatest value")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) must lie below high ({self.high:g})")
        return self

    def inverse(self, uniform: Array) -> Array:
        return self.low + (self.high - self.low) * uniform

    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Normal(_Distribution):
    """Normal, cut off at low and high where they are given."""

    distribution: Literal["normal"] = Field(description="its name")
    mean: Number = Field(description="before the cut")
    sd: Positive = Field(description="standard deviation, before the cut")
    low: Number | None = Field(default=None, description="where it is cut off below")
    high: Number | None = Field(default=None, description="where it is cut off above")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.support()
        if not low < high:
            raise ValueError(f"low ({low:g}) must lie below high ({high:g})")
        if not low - 6 * self.sd <= self.mean <= high + 6 * self.sd:
            raise ValueError("low and high leave nothing of it: mean lies over 6 sd outside them")
        return self

    def inverse(self, uniform: Array) -> Array:
        low, high = self.support()
        below, above = (low - self.mean) / self.sd, (high - self.mean) / self.sd
        # A cut above the mean is mirrored: the lower tail keeps its digits, the upper does not.
        side = -1.0 if below > 0 else 1.0
        start, end = special.ndtr(side * below), special.ndtr(side * above)
        share = start + (end - start) * np.maximum(uniform, _TINY)
        return np.clip(self.mean + self.sd * side * special.ndtri(share), low, high)

    def support(self) -> tuple[float, float]:
        low = -INFINITY if self.low is None else self.low
        return low, INFINITY if self.high is None else self.high


class Triangular(_Distribution):
    """Rises in a straight line from low to mode, falls in a straight line to high."""

    distribution: Literal["triangular"] = Field(description="its name")
    low: Number = Field(description="least value")
    mode: Number = Field(description="likeliest value")
    high: Number = Field(description="greatest value")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise ValueError(
                f"low ({self.low:g}), mode ({self.mode:g}) and high ({self.high:g}) must be in "
                "this order"
            )
        return self

    def inverse(self, uniform: Array) -> Array:
        width, left, right = self.high - self.low, self.mode - self.low, self.high - self.mode
        rising = self.low + np.sqrt(uniform * width * left)
        falling = self.high - np.sqrt((1.0 - uniform) * width * right)
        return np.where(uniform < left / width, rising, falling)

    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Lognormal(_Distribution):
    """The exponential of a normal, above 0, cut off at low and high where they are given."""

    distribution: Literal["lognormal"] = Field(description="its name")
    median: Positive = Field(description="before the cut")
    sigma: Annotated[float, Field(gt=0, le=5)] = Field(
        description="standard deviation of the logarithm"
    )
    low: Positive | None = Field(default=None, description="where it is cut off below")
    high: Positive | None = Field(default=None, description="where it is cut off above")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.support()
        if not low < high:
            raise ValueError(f"low ({low:g}) must lie below high ({high:g})")
        if not low <= self.median <= high:
            raise ValueError(
                f"the median ({self.median:g}, before the cut) must lie between low and high"
            )
        return self

    def inverse(self, uniform: Array) -> Array:
        low, high = self.support()
        below = 0.0 if self.low is None else special.ndtr(np.log(low / self.median) / self.sigma)
        above = 1.0 if self.high is None else special.ndtr(np.log(high / self.median) / self.sigma)
        share = below + (above - below) * np.maximum(uniform, _TINY)
        return np.clip(self.median * np.exp(self.sigma * special.ndtri(share)), low, high)

    def support(self) -> tuple[float, float]:
        return self.low or 0.0, self.high or INFINITY


class Beta(_Distribution):
    """Beta with shapes a and b, stretched from [0, 1] to [low, high]."""

    distribution: Literal["beta"] = Field(description="its name")
    a: Positive = Field(description="first shape")
    b: Positive = Field(description="second shape")
    low: Number = Field(default=0.0, description="least value")
    high: Number = Field(default=1.0, description="greatest value")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) must lie below high ({self.high:g})")
        return self

    def inverse(self, uniform: Array) -> Array:
        values: Array = self.low + (self.high - self.low) * special.betaincinv(
            self.a, self.b, uniform
        )
        return values

    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Choice(_Distribution):
    """One of the values, each with its weight (default: all alike)."""

    distribution: Literal["choice"] = Field(description="its name")
    values: Annotated[list[Number], Field(min_length=1)] = Field(description="the values")
    weights: list[Annotated[float, Field(ge=0, le=1e12)]] | None = Field(
        default=None, description="one for each value; default: all alike"
    )

    @model_validator(mode="after")
    def _weighted(self) -> Self:
        if self.weights is None:
            return self
        if len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.values)} values but {len(self.weights)} weights")
        if not sum(self.weights) > 0:
            raise ValueError("one weight at least must be above 0")
        return self

    def inverse(self, uniform: Array) -> Array:
        weights = np.ones(len(self.values)) if self.weights is None else np.array(self.weights)
        bounds = np.cumsum(weights)
        # Where the last weights are 0, their bound is 1 and no draw in [0, 1) reaches it.
        chosen = np.searchsorted(bounds[:-1] / bounds[-1], uniform, side="right")
        return np.array(self.values)[chosen]

    def support(self) -> tuple[float, float]:
        weights = self.weights or [1.0] * len(self.values)
        possible = [value for value, weight in zip(self.values, weights, strict=True) if weight]
        return min(possible), max(possible)


class Given(_Distribution):
    """Values laid down one by one, each for as many runs as the others; not for files.

    The rows of a design stand one after another along the runs axis, each with all its runs.
    """

    distribution: Literal["given"] = "given"
    values: tuple[Number, ...]

    def inverse(self, uniform: Array) -> Array:
        return np.repeat(np.array(self.values), uniform.size // len(self.values))

    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)


def fixed(value: object) -> bool:
    """Is it laid down, so that one outside its range is wrong rather than to be cut off."""
    return isinstance(value, int | float | Given)


Distribution = Uniform | Normal | Triangular | Lognormal | Beta | Choice
DISTRIBUTIONS: dict[str, type[_Distribution]] = {
    "uniform": Uniform,
    "normal": Normal,
    "triangular": Triangular,
    "lognormal": Lognormal,
    "beta": Beta,
    "choice": Choice,
}
