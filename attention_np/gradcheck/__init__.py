"""A gradient checker that says what is wrong."""

from .check import check_gradients
from .diagnosis import CODES, Diagnosis
from .function import check_function
from .report import Comparison, Report
from .steps import check_steps

__all__ = ["CODES", "Comparison", "Diagnosis", "Report", "check_function", "check_gradients", "check_steps"]
