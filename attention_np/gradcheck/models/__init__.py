"""Layers and whole models: every parameter checked by random projections, and what fails localised."""
