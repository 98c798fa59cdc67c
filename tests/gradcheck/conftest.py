"""Prints, at the end of a run, how many of the mutants were caught and named."""

from __future__ import annotations

from typing import Any

import pytest

TALLIES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLIES] = []


@pytest.fixture(scope="session")
def tallies(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the end of the run."""
    return pytestconfig.stash.setdefault(TALLIES, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    lines = config.stash.get(TALLIES, [])
    if lines:
        terminalreporter.section("mutants of the gradient checker")
        for line in lines:
            terminalreporter.line(line)
