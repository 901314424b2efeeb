"""Pictures of a batch: tables over runs in, figures out."""
