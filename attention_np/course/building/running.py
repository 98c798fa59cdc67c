"""A notebook is run in a kernel whose surroundings are fixed, and must say nothing that a learner should not see."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from .notebook import METADATA, Built

_SECONDS_FOR_A_CELL = 600


class Run(NamedTuple):
    """What became of a notebook.

    Attributes
    ----------
    notebook : nbformat.NotebookNode
        With outputs.
    seconds : float
    faults : list of str
        One line each: an error, a warning, or anything else on standard error, and from which line of the source.
    """

    notebook: Any
    seconds: float
    faults: list[str]


def run(built: Built, name: str) -> Run:
    """Run all cells up to the first error.

    Parameters
    ----------
    built : Built
        It stays as it is.
    name : str
        The source's, for the faults.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = _copy(built.notebook)
    faults = []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=_SECONDS_FOR_A_CELL,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            # What the kernel has to say of itself is not the notebook's.
            extra_arguments=["--IPKernelApp.log_level=40"],
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute(env=_surroundings(Path(folder)))
        except CellExecutionError:
            pass  # The error is among the outputs.
        except (CellTimeoutError, DeadKernelError) as error:
            faults.append(f"{name}: {' '.join(str(error).split())}")
    seconds = time.perf_counter() - start
    for cell, line in zip(notebook.cells, built.lines, strict=True):
        faults += [f"{name}, line {line}: {fault}" for fault in _faults(cell)]
    notebook.metadata = METADATA
    return Run(notebook, seconds, faults)


def _copy(notebook: Any) -> Any:
    import nbformat

    return nbformat.reads(nbformat.writes(notebook), as_version=4)


def _surroundings(folder: Path) -> dict[str, str]:
    """Nothing of the user's settings, one thread unless a cell says otherwise, and an order of sets that does not vary.

    A long training comes to other numbers where sums are rounded in another order. So the processor's instructions are those
    that nearly every machine of this kind has.
    """
    # Where it finds pytest's mark, IPython's kernel does not look at what other processes write to standard error.
    own = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    same_instructions = {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_SKX AVX512_ICL AVX512_SPR"}
    return {
        **own,
        **(same_instructions if platform.machine().lower() in ("x86_64", "amd64") else {}),
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "IPYTHONDIR": str(folder / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def _faults(cell: Any) -> list[str]:
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            found.append(f"{output.ename}: {' '.join(output.evalue.split())}")
        elif output.get("name") == "stderr":
            said = [line for line in output.text.splitlines() if line.strip()]
            found.append(f"on standard error: {' '.join(' '.join(said[:2]).split())}")
    return found
