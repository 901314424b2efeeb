"""The model: arrays in, arrays out, runs axis last. NumPy only."""
