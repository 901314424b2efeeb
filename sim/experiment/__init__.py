"""Ensembles: many runs of scenarios, in parallel, recorded on disk, and read back."""
