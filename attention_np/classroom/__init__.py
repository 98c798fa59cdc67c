"""Exercises cut from the package, checked at once, graded safely."""
