"""Pictures of a sweep: what its factors do to the outcomes."""
