"""Every notebook is run once, two at a time, for all that is asserted of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from attention_np.course.building.files import CLONE, sources
from attention_np.course.building.notebook import from_file
from attention_np.course.building.running import Run, run

Runs = dict[str, Future[Run]]


@pytest.fixture(scope="session")
def runs() -> Iterator[Runs]:
    """What becomes of each notebook, by the name of its source; those that take longest come first."""
    with ThreadPoolExecutor(2) as workers:
        files = sorted(sources(CLONE), reverse=True)
        yield {file.stem: workers.submit(run, from_file(file), file.name) for file in files}
