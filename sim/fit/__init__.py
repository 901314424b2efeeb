"""Fitting to the observed record: targets, posterior, hindcasts, scores and baselines."""
