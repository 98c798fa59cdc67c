"""The tiny model of `tiny.py`, for the tests of this folder."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

import attention_np

TINY = Path(__file__).with_name("tiny.py")


@pytest.fixture(scope="session")
def tiny_script():
    return TINY


@pytest.fixture(scope="session")
def environment():
    """For processes of their own, which have to find the same package."""
    return {**os.environ, "PYTHONPATH": str(Path(attention_np.__file__).parents[1])}


@pytest.fixture(scope="session")
def setting():
    """`Setting`: call it for a fresh model, optimiser, generator and data."""
    return runpy.run_path(str(TINY), run_name="tiny")["Setting"]
