"""One process and two: measured where MPI is, named and skipped where it is not."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from attention_np.bench import Results, processes, result_lines, run_bench
from attention_np.bench.processes import bench_processes
from attention_np.training.distributed import find_mpiexec


def test_efficiency_stands_beside_each_way(results: Results) -> None:
    lines = result_lines(results)
    (divided,) = (line for line in lines if line.startswith("divided among 2"))
    (doubled,) = (line for line in lines if line.startswith("2 times as large"))
    assert "125 ms" in divided and divided.endswith("0.80 [0.75, 0.85]")
    assert "220 ms" in doubled and doubled.endswith("0.91 [0.90, 0.92]")
    assert any(line.startswith("10.0 ms of the divided step are the sum") for line in lines)


def test_without_mpi_it_is_named_and_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "find_mpiexec", lambda: None)
    results = run_bench("processes", True, lambda _: None)
    assert results.processes is None
    (named,) = (line for line in result_lines(results) if line.startswith("skipped"))
    assert named == "skipped: MPI (mpi4py and mpiexec) is not installed (pip install 'attention-np[distributed]')"
    assert "processes" not in results.as_dict()


@pytest.mark.slow
@pytest.mark.skipif(find_mpiexec() is None, reason="pip install 'attention-np[distributed]' brings mpi4py and mpiexec")
def test_two_processes_are_timed_against_one(monkeypatch: pytest.MonkeyPatch) -> None:
    child = "import attention_np.bench.processes as p; p.SECONDS = p.WARM_UP = 1; p.measure_here({})"
    monkeypatch.setattr(processes, "_CHILD", child)
    result = bench_processes(1, lambda _: None)
    assert result is not None
    assert result.efficiency.median == pytest.approx(result.alone / (2 * result.divided))
    assert result.doubled_efficiency.median == pytest.approx(result.alone / result.doubled)
    assert 0 < result.summing < result.divided


def test_a_process_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_CHILD", "raise MemoryError('no room') # {}")
    monkeypatch.setattr(processes, "find_mpiexec", lambda: sys.executable)
    with pytest.raises(ChildProcessError, match="could not be timed in a process of its own: MemoryError: no room"):
        bench_processes(1, lambda _: None)


def test_alone_a_step_is_printed_without_a_sum(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(processes, "SECONDS", 0.01)
    monkeypatch.setattr(processes, "WARM_UP", 1)
    processes.measure_here(False)
    step, summing = json.loads(capsys.readouterr().out)
    assert step > 0 and summing == 0
