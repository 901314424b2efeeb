"""A forecast against what was observed later, beside what anybody could have forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.core.indicators import INDICATORS
from sim.core.world import Array
from sim.experiment.observables import Observable
from sim.fit import baselines, scores
from sim.fit.forecast import Forecast
from sim.fit.record import Observed

LEVELS = (0.5, 0.8, 0.95)
QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
NO, NEITHER, YES = 0, 1, 2  # categories of a vote, in the order of the contested axis
_CATEGORY = {"N": NO, "A": NEITHER, "NV": NEITHER, "not N": NEITHER, "Y": YES}
_MOST = 12  # largest count of episodes that a predictive mass is worked out for
# Columns of the tables of scores, beside those of baselines and variants.
_KEYS = ("origin", "family", "observable", "country", "power", "year", "observed")
_QUANTITY = (*_KEYS, "measure", "doubtful", "horizon", "anchor", "unit_change", "quantile", "crps")
_VOTE = ("origin", "resolution", "text", "country", "year", "vote", "informative", "rps", "brier")
_COUNT = (*_KEYS, "expected", "log_score")

QUANTITY_BASELINES = {
    "last_value": baselines.persistence_point,
    "persistence": baselines.persistence,
    "drift": baselines.drift,
    "autoregression": baselines.autoregression,
    "recent_changes": baselines.recent_changes,
}


@dataclass(frozen=True)
class Scored:
    """Scores of one or more forecasts, one row a figure.

    Attributes
    ----------
    quantities : DataFrame
        Volumes and shares: what was observed, quantiles of the forecast, the quantile at which the
        figure fell, CRPS of the model and (columns ``crps_*``) of baselines and variants.
    votes : DataFrame
        Votes on roll calls: RPS and Brier score, of the model and of baselines.
    counts : DataFrame
        Counts a year: log score (the less the better), of the model and of the baseline.
    """

    quantities: pd.DataFrame
    votes: pd.DataFrame
    counts: pd.DataFrame

    @classmethod
    def of(cls, parts: Sequence[Scored]) -> Scored:
        """Several as one."""
        return cls(
            *(
                # Columns of a frame without rows have no type, and would spoil those of others.
                pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
                for frames in (
                    [part.quantities for part in parts],
                    [part.votes for part in parts],
                    [part.counts for part in parts],
                )
            )
        )


def score(
    forecast: Forecast,
    later: Observed,
    past: Observed,
    variants: Mapping[str, Forecast] | None = None,
) -> Scored:
    """Score a forecast.

    Parameters
    ----------
    forecast : Forecast
    later : Observed
        What was observed after the origin.
    past : Observed
        What was known at the origin: anchors of the forecast, histories of the baselines.
    variants : mapping of str to Forecast, optional
        Other forecasts of the same figures, such as one with a mechanism switched off.
    """
    variants = variants or {}
    return Scored(
        quantities=_quantities(forecast, later, past, variants),
        votes=_votes(forecast, later, past, variants),
        counts=_counts(forecast, later, past, variants),
    )


def scale_of(observable: Observable) -> baselines.Scale:
    """Scale on which changes of an observable add up: of a share, or logarithms."""
    outcome = observable.columns[0].split(".")[0]
    return "share" if INDICATORS[outcome].unit == "0 to 1" else "log"


def history(past: Observed, name: str, origin: int) -> baselines.History | None:
    """What was known of an observable at an origin; None if its last year was not."""
    values = past.series(name)
    values = values[values.index <= origin]
    if origin not in values.index:
        return None
    return baselines.History.until(origin, values.index.to_numpy(), values.to_numpy())


def _frame(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a frame, which has its columns even without any."""
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(columns))


# Volumes and shares


def _quantities(
    forecast: Forecast, later: Observed, past: Observed, variants: Mapping[str, Forecast]
) -> pd.DataFrame:
    origin = forecast.origin
    wanted = [one for one in forecast.observables if one.over == "mean" and one.family]
    known = {one.name: history(past, one.name, origin) for one in wanted}
    spread = _spreads(wanted, known)
    rows = []
    for one in wanted:
        before, after = known[one.name], later.series(one.name)
        years = [year for year in forecast.years.years[1:] if year in after.index]
        if before is None or not years:
            continue
        anchor = float(before.values[-1])
        horizons = [year - origin for year in years]
        simple = {
            name: make(
                before, horizons, scale=scale_of(one), spread=spread[one.family, one.measure]
            )
            for name, make in QUANTITY_BASELINES.items()
        }
        unit = float(
            np.std(
                baselines.persistence(
                    before, [1], scale=scale_of(one), spread=spread[one.family, one.measure]
                )
            )
        )
        for place, year in enumerate(years):
            ensemble = forecast.anchored(one.name, year, anchor)
            if ensemble is None or not unit > 0:
                continue
            observed = float(after[year])
            row = {
                "origin": origin,
                "family": one.family,
                "observable": one.name,
                "measure": one.measure,
                "country": one.country,
                "power": one.power,
                "doubtful": one.doubtful,
                "year": year,
                "horizon": year - origin,
                "anchor": anchor,
                "observed": observed,
                "unit_change": unit,
                "quantile": float(scores.quantile_of(ensemble, observed)),
                "crps": float(scores.crps(ensemble, observed)),
                "interval_score_80": float(scores.interval_score(ensemble, observed, 0.8)),
            }
            row |= {
                f"q{1000 * q:g}": value
                for q, value in zip(
                    QUANTILES, np.quantile(ensemble, QUANTILES, method="hazen"), strict=True
                )
            }
            inside = scores.coverage(ensemble, observed, LEVELS)
            row |= {
                f"inside_{100 * level:g}": bool(hit)
                for level, hit in zip(LEVELS, np.ravel(inside), strict=True)
            }
            for name, members in simple.items():
                row[f"crps_{name}"] = float(scores.crps(members[place], observed))
            row["inside_80_persistence"] = bool(
                np.ravel(scores.coverage(simple["persistence"][place], observed, (0.8,)))[0]
            )
            for name, variant in variants.items():
                other = variant.anchored(one.name, year, anchor)
                if other is not None:
                    row[f"crps_{name}"] = float(scores.crps(other, observed))
            rows.append(row)
    return _frame(rows, _QUANTITY)


def _spreads(
    wanted: Sequence[Observable], known: Mapping[str, baselines.History | None]
) -> dict[tuple[str, str], float]:
    """Pooled spread of yearly changes of each family and measure."""
    groups: dict[tuple[str, str], list[Observable]] = {}
    for one in wanted:
        groups.setdefault((one.family, one.measure), []).append(one)
    pooled = {}
    for key, members in groups.items():
        histories = [found for one in members if (found := known[one.name]) is not None]
        family = [
            found
            for one in wanted
            if one.family == key[0] and (found := known[one.name]) is not None
        ]
        enough = histories if sum(len(one.values) for one in histories) >= 10 else family
        if any(len(one.values) > 1 for one in enough):
            pooled[key] = baselines.pooled_spread(
                [one for one in enough if len(one.values) > 1], scale_of(members[0])
            )
        else:
            pooled[key] = 0.1  # nothing known: a tenth, on logarithms
    return pooled


# Votes


def _votes(
    forecast: Forecast, later: Observed, past: Observed, variants: Mapping[str, Forecast]
) -> pd.DataFrame:
    rows = []
    before = past.votes[past.votes.year <= forecast.origin].sort_values("date", kind="stable")
    pooled = baselines.frequency(before.vote.map(_CATEGORY).to_numpy(dtype=int), 3)
    for vote in later.votes.sort_values("date", kind="stable").to_dict("records"):
        text, country, year = str(vote["text"]), str(vote["country"]), int(vote["year"])
        if year not in forecast.years.years[1:]:
            continue
        shares = vote_shares(forecast, text, country, year)
        if shares is None:
            continue
        mine = before[before.country == country]
        ways = mine.vote.map(_CATEGORY).to_numpy(dtype=int)
        same = (mine.text == text).to_numpy()
        observed = _CATEGORY[str(vote["vote"])]
        others = {
            "frequency": baselines.frequency(ways, 3, pooled),
            "last_vote": baselines.last_vote(ways, same, 3, pooled),
            "always_neither": 0.98 * baselines.always(NEITHER, 3) + 0.02 / 3,
        }
        for name, variant in variants.items():
            other = vote_shares(variant, text, country, year)
            if other is not None:
                others[name] = other
        usual = int(np.argmax(others["frequency"]))
        last = int(ways[same][-1]) if same.any() else usual
        row = {
            "origin": forecast.origin,
            "resolution": vote["resolution"],
            "text": text,
            "country": country,
            "year": year,
            "vote": vote["vote"],
            "no": shares[NO],
            "neither": shares[NEITHER],
            "yes": shares[YES],
            "informative": observed != last or observed != usual,
            "rps": float(scores.rps(shares, observed)),
            "brier": float(scores.brier(shares, observed)),
        }
        for name, other in others.items():
            row[f"rps_{name}"] = float(scores.rps(other, observed))
            row[f"brier_{name}"] = float(scores.brier(other, observed))
        rows.append(row)
    return _frame(rows, _VOTE)


def vote_shares(forecast: Forecast, text: str, country: str, year: int) -> Array | None:
    """Expected shares of No, neither and Yes on a text in a year, over all runs."""
    names = [f"vote_{way}.{text}.{country}" for way in ("no", "abstain", "absent", "yes")]
    if not all(name in forecast.years.names for name in names):
        return None
    no, abstain, absent, yes = (forecast.years.of(name, year, year).mean() for name in names)
    shares = np.array([no, abstain + absent, yes])
    smoothed: Array = (shares + 0.01) / (1.0 + 0.03)  # no way of voting is ever ruled out
    return smoothed / smoothed.sum()


# Counts


def _counts(
    forecast: Forecast, later: Observed, past: Observed, variants: Mapping[str, Forecast]
) -> pd.DataFrame:
    rows = []
    wanted = [one for one in forecast.observables if one.over == "change" and one.family]
    known = {}
    for one in wanted:
        values = past.series(one.name)
        known[one.name] = values[values.index <= forecast.origin].to_numpy(dtype=float)
    for one in wanted:
        after = later.series(one.name)
        years = [year for year in forecast.years.years[1:] if year in after.index]
        if not years or not known[one.name].size:
            continue
        family = np.concatenate([known[o.name] for o in wanted if o.measure == one.measure])
        rate = max(float(family.mean()), 0.01)
        mass = baselines.counts_mass(known[one.name], _MOST, rate=rate)
        for year in years:
            observed = int(after[year])
            members = forecast.years.of(one.name, year, year)[0]
            row = {
                "origin": forecast.origin,
                "family": one.family,
                "observable": one.name,
                "country": one.country,
                "power": one.power,
                "year": year,
                "observed": observed,
                "expected": float(members.mean()),
                "log_score": float(scores.log_score_counts(members, observed)),
                "log_score_frequency": float(scores.log_score(mass, min(observed, _MOST + 1))),
            }
            for name, variant in variants.items():
                other = variant.years.of(one.name, year, year)[0]
                row[f"log_score_{name}"] = float(scores.log_score_counts(other, observed))
            rows.append(row)
    return _frame(rows, _COUNT)
