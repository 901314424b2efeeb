"""multivector: multi-vector diplomacy of small states between rival great powers."""
