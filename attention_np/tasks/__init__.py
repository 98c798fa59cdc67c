"""Real data and what is done with it: harvesting, tokenising, splitting, metrics and baselines, a file for each."""
