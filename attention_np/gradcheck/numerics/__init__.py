"""Derivatives by numbers alone: extrapolated differences, the complex step, Jacobians."""
