"""Pictures of fits and hindcasts: parameters and forecasts beside the record."""
