"""A learner's own check: what a mark comes to in words, on a terminal and in a notebook."""
