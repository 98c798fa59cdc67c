"""Explanations of a wrong result, most of which need to know nothing of the function."""
