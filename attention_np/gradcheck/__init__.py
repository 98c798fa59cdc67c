"""A gradient checker that says what is wrong."""

from .diagnosis import CODES, Diagnosis
from .report import Comparison, Report

__all__ = ["CODES", "Comparison", "Diagnosis", "Report"]
