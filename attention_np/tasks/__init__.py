"""Real data and what is done with it: harvest, tokeniser, split, metrics, baselines, tasks."""
