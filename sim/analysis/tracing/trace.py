"""A figure of the case followed to the outcomes: local derivatives under common random numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.monte_carlo import ROUNDING, mean_error, width
from sim.analysis.tracing.effects import Sample, compiles, sample
from sim.analysis.tracing.moves import Moved, moved, ranged, step_of, stepped
from sim.analysis.tracing.uses import Use, cited_in, uses
from sim.case import Case, Posterior, load_case
from sim.case.provenance import Figure
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.simulate import FEWEST_RUNS
from sim.core.world import Array
from sim.experiment.request import at_least
from sim.scenario import Scenario, load_scenario
from sim.scenario.schema import MOST_RUNS

MOST_TOGETHER = 24  # figures of one source that are moved together; of more, they are only listed
_HALVINGS = 6  # with which the end of a range is sought that the world can stand
_BENT = 0.25  # how far the sides differ, as a share of the larger, before it is told


@dataclass(frozen=True)
class Trace:
    """What uses a figure of the case, and which outcomes it moves by how much.

    Attributes
    ----------
    use : Use
        Everything that names it.
    scenario, against : str
        Scenario simulated, and the one whose outcomes are taken off; blank without one.
    base : int
        Base quarter.
    at : str
    runs, seed : int
    step : float
        Percent of the figure that it was moved up and down.
    figures : DataFrame
        A line a number of the case that rests on it: figure, table, line, value, unit, low, high,
        step (what one percent of it is), step_of, moved, evidence, sources, derivation, confidence.
    numbers : tuple of str
        Numbers of the scenario that were moved with it.
    effects : DataFrame
        A line an outcome that moves, sorted by the size of the effect in units of spread, those
        that cannot be told from 0 last:

        * outcome, unit, at, mean (over runs);
        * effect: what one percent more of the figure adds to the mean, with its standard error;
        * elasticity: effect in percent of the mean;
        * spread (standard deviation over runs) and in_spread: effect / spread;
        * told: whether the interval of 90 percent leaves out 0;
        * up, down: effect by the upper and by the lower step alone, and bent: whether they differ;
        * peak_quarter, peak_in_spread: where the effect is largest against the spread then;
        * low_end, high_end, over_range: mean with all figures at the low and the high end of their
          own ranges less the mean here, and the difference of the two; numbers of the scenario
          stay where they are.
    still : int
        Outcomes that do not move at all.
    notes : tuple of str
        What to know about the steps.
    """

    use: Use
    scenario: str
    against: str
    base: int
    at: str
    runs: int
    seed: int
    step: float
    figures: pd.DataFrame = field(repr=False)
    numbers: tuple[str, ...]
    effects: pd.DataFrame = field(repr=False)
    still: int
    notes: tuple[str, ...]

    def text(self, top: int = 20) -> str:
        """The trace for reading, in lines of at most 100 characters.

        Parameters
        ----------
        top : int
            Outcomes listed.
        """
        from sim.analysis.tracing.words import text

        return text(self, top)

    def __str__(self) -> str:
        return self.text()


def trace(
    name: str,
    scenario: str | Path | Scenario = "baseline",
    against: str | Path | Scenario | None = None,
    runs: int = 200,
    seed: int | None = None,
    at: str = "end",
    outcomes: Sequence[str] | None = None,
    parameters: str | Path | Posterior = "posterior",
    step: float = 1.0,
    *,
    case: Case | None = None,
    scenarios: Sequence[Scenario] | None = None,
) -> Trace:
    """Follow a figure of the case to everything that uses it, and to the outcomes it moves.

    Every number that rests on the figure is moved a small step up and down, taken to be
    proportional to it, and the scenario is simulated with the same draws each time.

    Parameters
    ----------
    name : str
        Id of a piece of evidence (``E037``), of a document or a source (``worldbank-wdi``), or the
        address of a figure (``exposure.KAZ.transit``, ``parameter.fear_push``).
    scenario : name, path or Scenario
        Simulated, and whose numbers that name the figure move with it.
    against : name, path or Scenario, optional
        Held against: outcomes are then differences run by run, the first less this one.
    runs : int
    seed : int, optional
        Default: what the scenario says.
    at : str
        ``"end"``: the last quarter; ``"mean"``: the mean over the quarters; or a quarter.
    outcomes : sequence of str, optional
        Outcomes or columns; default: all.
    parameters : "point", "posterior", path or Posterior
        Draws of the parameters; those of a traced parameter are moved in proportion.
    step : float
        Percent. A larger one tells more from chance and is less local.
    case : Case, optional
        Default: the scenario's.
    scenarios : sequence of Scenario, optional
        Those searched for what names the figure; default: all at hand that are about the case.

    Returns
    -------
    Trace

    Raises
    ------
    InputError
        If nothing is called so, or an argument cannot be used.
    """
    runs = at_least("runs", runs, FEWEST_RUNS)
    if runs > MOST_RUNS:
        raise InputError(f"runs: found {runs}; allowed: {MOST_RUNS:,} or fewer")
    if not 0 < step <= 50:
        raise InputError(f"step: found {step:g}; allowed: above 0 to 50 percent")
    asked = [_loaded(one) for one in (scenario, against) if one is not None]
    case = case or load_case(asked[0].case)
    seed = at_least("seed", asked[0].seed if seed is None else seed, 0)
    bases = [case.as_of if one.as_of is None else one.as_of for one in asked]
    if len(set(bases)) > 1 or len({one.case for one in asked}) > 1:
        raise InputError(
            f"{asked[0].name} and {asked[1].name} differ in case or base quarter, so that a figure "
            "is not the same in both"
        )
    posterior = case.draws(parameters)
    compiles([Moved(case, {}, one) for one in asked], posterior, FEWEST_RUNS, seed)
    use = uses(name, case, bases[0], scenarios)
    steps = _Steps(use, case, asked, posterior, runs, seed)
    if not steps.anything:
        # So that a wrong outcome or quarter is told whatever the figure.
        found = sample({"here": steps.here}, posterior, FEWEST_RUNS, seed, at, outcomes)
        effects, still = _no_effects(), len(found.columns)
    else:
        variants = {"here": steps.here, **steps.near(step), **steps.far()}
        near = ("here", "up", "down")
        found = sample(variants, posterior, runs, seed, at, outcomes, near)
        effects = _effects(found, step, at, _draws(posterior, runs))
        moves = effects.pop("moves").to_numpy()
        still = int((~moves).sum())
        effects = _sorted(effects[moves])
    return Trace(
        use=use,
        scenario=asked[0].name,
        against=asked[1].name if len(asked) > 1 else "",
        base=bases[0],
        at=at,
        runs=runs,
        seed=seed,
        step=step,
        figures=_table(use.figures, steps.movable),
        numbers=tuple(steps.numbers),
        effects=effects,
        still=still,
        notes=tuple(steps.notes),
    )


class _Steps:
    """The variants of a trace, and what to know about them."""

    def __init__(
        self,
        use: Use,
        case: Case,
        scenarios: Sequence[Scenario],
        posterior: Posterior | None,
        runs: int,
        seed: int,
    ) -> None:
        self.case, self.scenarios, self.posterior = case, scenarios, posterior
        self.runs, self.seed = runs, seed
        self.notes: list[str] = []
        self.movable = [one for one in use.figures if step_of(one)[0] > 0]
        cited = [cited_in(one, use) for one in scenarios]
        self.keys = [[one.keys for one in own] for own in cited]
        self.numbers = [
            f"{scenario.name}: {one.key}"
            for scenario, own in zip(scenarios, cited, strict=True)
            for one in own
        ]
        if (count := len(self.movable)) > MOST_TOGETHER:
            self.notes.append(
                f"{count} figures rest on {use.name}, more than {MOST_TOGETHER}: trace one of them "
                "by its address"
            )
            self.movable, self.keys, self.numbers = [], [[] for _ in scenarios], []
        fixed = [one.id for one in use.figures if one not in self.movable]
        if fixed and self.movable:
            self.notes.append(f"{_some(fixed)}: stands at 0 without a range, so it is not moved")
        for scenario in scenarios:
            set_there = [one.name for one in self.movable if one.name in scenario.parameters]
            if set_there:
                self.notes.append(
                    f"{scenario.name} sets {_some(set_there)} itself, on top of the case"
                )
        self.here: list[Moved] = [Moved(case, {}, one) for one in scenarios]

    @property
    def anything(self) -> bool:
        """Is there anything to move."""
        return bool(self.movable) or any(self.keys)

    def near(self, step: float) -> dict[str, list[Moved]]:
        """A step up and a step down, or the one of them that can be."""
        found, refused = {}, []
        for label, hundredths in (("up", step), ("down", -step)):
            try:
                goals = stepped(self.movable, self.case, hundredths)
                found[label] = self._sides(goals, 1.0 + hundredths / 100.0)
            except InputError as error:
                refused.append((label, str(error).splitlines()[0]))
        if not found:
            raise InputError(
                f"cannot be moved by {step:g} percent, neither up nor down "
                f"({refused[0][1]}); choose a smaller step, or trace its figures one by one"
            )
        for label, why in refused:
            self.notes.append(f"a step {label} cannot be ({why}); the other side alone is used")
        return found

    def far(self) -> dict[str, list[Moved]]:
        """All figures at the low end, and all at the high end, of their own ranges."""
        figures = list(ranged(self.movable))
        found = {}
        for end in ("low", "high") if figures else ():
            goals = {one: getattr(one, end) for one in figures}
            sides, reached = self._towards(figures, goals)
            if sides is not None:
                found[end] = sides
            if reached < 1.0:
                self.notes.append(
                    f"the {end} end of the range cannot be (what it leaves others would not add "
                    f"up): {reached:.0%} of the way to it is shown"
                )
        return found

    def _towards(
        self, figures: Sequence[Figure], goals: Mapping[Figure, float]
    ) -> tuple[list[Moved] | None, float]:
        """As far towards some values as the world can be built, and what part of the way."""
        part, least, sides = 1.0, 0.0, None
        for halving in range(_HALVINGS + 1):
            try:
                tried = self._sides(
                    {one: one.value + part * (goals[one] - one.value) for one in figures},
                    fixed=True,
                )
            except InputError:
                part -= 0.5 ** (halving + 1)
                continue
            sides, least = tried, part
            if part == 1.0:
                break
            part += 0.5 ** (halving + 1)
        return sides, least

    def _sides(
        self, goals: Mapping[Figure, float], factor: float = 1.0, *, fixed: bool = False
    ) -> list[Moved]:
        """A variant of each scenario; one whose world cannot be is refused."""
        sides = [
            moved(goals, self.case, scenario, self.posterior, keys, factor, fixed=fixed)
            for scenario, keys in zip(self.scenarios, self.keys, strict=True)
        ]
        compiles(sides, self.posterior, self.runs, self.seed)
        return sides


def _loaded(scenario: str | Path | Scenario) -> Scenario:
    return scenario if isinstance(scenario, Scenario) else load_scenario(scenario)


def _draws(posterior: Posterior | None, runs: int) -> NDArray[np.int64]:
    """The draw of the parameters that each run takes."""
    return np.arange(runs) if posterior is None else posterior.places(range(runs))


def _effects(found: Sample, step: float, at: str, draw: NDArray[np.int64]) -> pd.DataFrame:
    """A line an outcome, those that do not move too."""
    here = found.values["here"]
    sides = {
        label: sign * (found.values[label] - here) / step
        for label, sign in (("up", 1.0), ("down", -1.0))
        if label in found.values
    }
    # Sums in another order move last digits; that is no effect.
    small = ROUNDING * np.maximum(np.abs(here), 1e-12)
    sides = {label: np.where(np.abs(own) * step <= small, 0.0, own) for label, own in sides.items()}
    runwise: Array = np.mean(list(sides.values()), axis=0)
    moves = np.any([np.any(own != 0.0, axis=0) for own in sides.values()], axis=0)
    effect = runwise.mean(axis=0)
    error, degrees = mean_error(runwise, draw)
    error = np.where(error < ROUNDING * np.abs(effect), 0.0, error)
    mean, spread = here.mean(axis=0), here.std(axis=0, ddof=1)
    one_sided = {label: own.mean(axis=0) for label, own in sides.items()}
    table = pd.DataFrame({"outcome": found.columns, "unit": found.units, "at": at, "mean": mean})
    table["effect"], table["error"] = effect, error
    table["elasticity"] = _over(100.0 * effect, np.abs(mean))
    table["spread"] = spread
    table["in_spread"] = _over(effect, spread, np.abs(mean))
    table["told"] = moves & (np.abs(effect) > width(degrees) * error)
    for label in ("up", "down"):
        table[label] = one_sided.get(label, np.full(len(mean), math.nan))
    table["bent"] = False
    if len(sides) == 2:
        apart = sides["up"] - sides["down"]
        apart_error, _ = mean_error(apart, draw)
        gap = np.abs(apart.mean(axis=0))
        larger = np.maximum(np.abs(one_sided["up"]), np.abs(one_sided["down"]))
        table["bent"] = moves & (gap > _BENT * larger) & (gap > width(degrees) * apart_error)
    peak, size = _peak(found, sides, step)
    table["peak_quarter"] = [quarters.name(found.start + int(place)) for place in peak]
    table["peak_in_spread"] = size
    for end in ("low", "high"):
        own = found.means.get(end)
        table[f"{end}_end"] = math.nan if own is None else own - found.means["here"]
    table["over_range"] = table["high_end"] - table["low_end"]
    table["moves"] = moves
    return table


def _peak(found: Sample, sides: Mapping[str, Array], step: float) -> tuple[Array, Array]:
    """Where the effect is largest against the spread of its quarter, and how large."""
    here = found.by_quarter["here"]
    ends = {label: found.by_quarter[label] for label in sides}
    effect = (ends.get("up", here) - ends.get("down", here)) / (step * len(sides))
    size = _over(effect, found.spread, np.abs(here))
    place = np.nan_to_num(np.abs(size), nan=0.0).argmax(axis=0)
    return place, size[place, np.arange(size.shape[1])]


def _over(part: Array, whole: Array, level: Array | float = 0.0) -> Array:
    """A quotient; not a number where the divisor is nothing but rounding."""
    there = whole > np.maximum(ROUNDING * np.asarray(level), 1e-300)
    return np.divide(part, whole, out=np.full(np.shape(part), math.nan), where=there)


def _sorted(effects: pd.DataFrame) -> pd.DataFrame:
    order = pd.DataFrame(
        {
            "told": ~effects["told"],
            "size": -effects["in_spread"].abs().fillna(0.0),
            "relative": -effects["elasticity"].abs().fillna(0.0),
        }
    )
    return effects.loc[
        order.sort_values(["told", "size", "relative"], kind="stable").index
    ].reset_index(drop=True)


def _no_effects() -> pd.DataFrame:
    names = "outcome unit at mean effect error elasticity spread in_spread told up down bent "
    names += "peak_quarter peak_in_spread low_end high_end over_range"
    return pd.DataFrame(columns=names.split())


def _table(figures: Sequence[Figure], moved_ones: Sequence[Figure]) -> pd.DataFrame:
    columns = "figure table line value unit low high step step_of moved evidence sources "
    columns += "derivation confidence"
    rows = [
        (
            one.id,
            one.table,
            one.line,
            one.value,
            one.unit,
            one.low,
            one.high,
            *step_of(one),
            one in moved_ones,
            ";".join(one.evidence),
            ";".join(one.sources),
            one.derivation,
            one.confidence,
        )
        for one in figures
    ]
    return pd.DataFrame(rows, columns=columns.split())


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
