"""Linear regression of many targets at once, each with as much shrinkage as it predicts best with.

Ridge regression (Hoerl & Kennard 1970) with the penalty of each target chosen by generalised
cross-validation (Golub, Heath & Wahba 1979), from one eigendecomposition for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.world import Array

_PENALTIES = 10.0 ** np.linspace(-6.0, 2.0, 17)  # as a part of the variance of a feature
_MOST_FREEDOM = 0.9  # of the observations: with less left, cross-validation says nothing


@dataclass(frozen=True)
class Ridge:
    """A fitted regression: ``intercept + features @ slopes``.

    Parameters
    ----------
    intercept : array (target,)
    slopes : array (feature, target)
    variance : array (target,)
        Of the residuals, corrected for the freedom spent.
    freedom : array (target,)
        Effective degrees of freedom, the intercept counted.
    """

    intercept: Array
    slopes: Array
    variance: Array
    freedom: Array

    @classmethod
    def fit(
        cls,
        features: Array,
        targets: Array,
        weights: Array | None = None,
        cautious: bool = False,
    ) -> Ridge:
        """Fit by least squares, weighted if asked.

        Features are brought to unit variance before they are shrunk, so that their units don't
        matter; the intercept isn't shrunk. A feature that never changes gets slope 0.

        Parameters
        ----------
        features : array (observation, feature)
            Should be of order 1: means far beyond the spread cost digits.
        targets : array (observation, target)
        weights : array (observation,), optional
            Not negative. They count for as many observations as their effective sample size.
        cautious : bool
            Take the largest penalty that predicts as well as the best one to within one standard
            error (Breiman et al. 1984), so that chance alone seldom makes a slope.
        """
        number = float(len(features))
        if weights is None:
            mean_x, mean_y = features.mean(axis=0), targets.mean(axis=0)
            gram, cross = features.T @ features, features.T @ targets
            square = np.einsum("ij,ij->j", targets, targets)
        else:
            number = weights.sum() ** 2 / (weights**2).sum()
            share = weights * (number / weights.sum())
            weighted = features * share[:, None]
            mean_x, mean_y = weighted.sum(axis=0) / number, share @ targets / number
            gram, cross = weighted.T @ features, weighted.T @ targets
            square = share @ targets**2
        gram -= number * np.outer(mean_x, mean_x)
        cross -= number * np.outer(mean_x, mean_y)
        total = np.maximum(square - number * mean_y**2, 0.0)

        spread = np.diag(gram) / number
        steady = spread <= 1e-12 * (spread + mean_x**2)
        scale = np.where(steady, np.inf, np.sqrt(np.maximum(spread, 0.0)))
        gram /= np.outer(scale, scale)
        values, vectors = np.linalg.eigh(gram)
        values = np.maximum(values, 0.0)
        rotated = vectors.T @ (cross / scale[:, None])

        penalty = number * _PENALTIES[:, None]
        shrunk = 1.0 / (values + penalty)  # (penalty, feature)
        freedom = 1.0 + (values * shrunk).sum(axis=1)
        left = np.maximum(total - ((values + 2 * penalty) * shrunk**2) @ rotated**2, 0.0)
        usable = (freedom <= _MOST_FREEDOM * number) | (freedom == freedom.min())
        free = np.maximum(number - freedom, 1e-9 * number)[:, None]
        score = np.where(usable[:, None], left / free**2, np.inf)
        # The largest of the penalties that do equally well; the list ends with the largest.
        margin = 1.0 + np.sqrt(2.0 / number) if cautious else 1.0
        good = score <= margin * score.min(axis=0)
        best = len(penalty) - 1 - np.argmax(good[::-1], axis=0)

        slopes = vectors @ (rotated * shrunk[best].T) / scale[:, None]
        targets_range = np.arange(targets.shape[1])
        return cls(
            intercept=mean_y - mean_x @ slopes,
            slopes=slopes,
            variance=left[best, targets_range] / free[best, 0],
            freedom=freedom[best],
        )

    def predict(self, features: Array) -> Array:
        """Predicted targets, array (observation, target)."""
        return features @ self.slopes + self.intercept
