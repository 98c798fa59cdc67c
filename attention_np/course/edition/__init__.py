"""The course as one folder of static pages: no script but the sliders', nothing from outside, mathematics as MathML."""

from .write import write_edition

__all__ = ["write_edition"]
