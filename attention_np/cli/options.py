"""Kinds of numbers that options take."""

from __future__ import annotations

import argparse


def positive(text: str) -> float:
    """A number above zero."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number


def not_negative(text: str) -> int:
    """A whole number from zero on."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text}")
    return number


def at_least_one(text: str) -> int:
    """A whole number from one on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return number


def share_left_out(text: str) -> float:
    """A share from zero to below one, as dropout takes."""
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"expected a share of at least 0 and below 1, got {text}")
    return number
