"""Why an outcome changed: exact decompositions, the events and the figures behind them."""
