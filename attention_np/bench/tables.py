"""The results as tables of text."""

from __future__ import annotations

from collections.abc import Sequence

from .attention import FLOOR, AttentionResult
from .attention_contenders import AUTOGRAD, EAGER, FUSED, OURS
from .bars import BARS, Judged
from .gradients import GradcheckResult
from .growth import BASE, BATCH, GrowthResult
from .memory import MIB, MemoryResult
from .processes import ProcessesResult
from .startup import StartupResult
from .suite import Results
from .timing import Ratio
from .training import TrainingResult

BUSY = 0.1
"""Other programs that took more than this share of the cores are worth a warning."""


def result_lines(results: Results) -> list[str]:
    """Everything that was measured, a table for each section, and the bars at the end."""
    lines = _heading(results)
    if results.attention is not None:
        lines += ["", *attention_lines(results.attention)]
    if results.training is not None:
        lines += ["", *training_lines(results.training)]
    if results.memory is not None:
        lines += ["", *memory_lines(results.memory)]
    if results.startup is not None:
        lines += ["", *startup_lines(results.startup)]
    if results.gradcheck is not None:
        lines += ["", *gradcheck_lines(results.gradcheck)]
    if results.processes is not None:
        lines += ["", *processes_lines(results.processes)]
    if results.growth is not None:
        lines += ["", *growth_lines(results.growth)]
    if judged := results.judged():
        lines += ["", *bar_lines(judged)]
    return lines


def _heading(results: Results) -> list[str]:
    machine = results.machine
    parts = [f"{machine['threads']} threads each", "float32", f"NumPy {machine['numpy']} with {machine['blas']}"]
    if machine["torch"] is not None:
        parts.append(f"PyTorch {machine['torch']}")
    if machine["autograd"] is not None:
        parts.append(f"autograd {machine['autograd']}")
    lines = [", ".join(parts)]
    lines += [f"skipped: {peer.peer} is not installed ({peer.install})" for peer in results.skipped]
    if not machine["blas_threads_set"]:
        lines.append("threads of the matrix products left as they are: pip install threadpoolctl")
    if machine["neighbours"] is not None and machine["neighbours"] > BUSY:
        lines.append(
            f"other programs took {100 * machine['neighbours']:.0f} % of the cores meanwhile: these ratios may mislead, "
            "for a program that shares its work among threads waits for the slowest"
        )
    if results.quick:
        lines.append("quick: few rounds and small shapes; rough figures")
    return lines


def attention_lines(result: AttentionResult) -> list[str]:
    """A row for each shape: our time, and our ratio to each other contender."""
    names = [name for name in (FLOOR, EAGER, FUSED, AUTOGRAD) if name in result.shapes[0].ratios]
    rows = [["batch, L, S, width", "ours", "GFLOP/s", *(f"/ {name}" for name in names)]]
    for each in result.shapes:
        ratios = [ratio_text(each.ratios[name]) for name in names]
        rows.append([str(each.shape), time_text(each.seconds[OURS]), f"{each.gflops[OURS]:.3g}", *ratios])
    figures = result.figures()
    means = [f"attention / {name}, geometric mean" for name in names]
    if figures:
        rows.append(["geometric mean but for the first", "", "", *(f"{figures[mean]:.2f}" for mean in means)])
        rows.append(["", "", "", *(f"bar ≤ {BARS[mean][0]:.1f}" for mean in means)])
    return [
        "attention forwards and backwards: our time over theirs, median [middle half of the rounds]; below 1 ours is faster",
        *_table(rows),
        f"the highest rate of a matrix product: {result.peak_gflops:.0f} GFLOP/s",
    ]


def training_lines(result: TrainingResult) -> list[str]:
    """A row for each model."""
    rows = [["model", "parameters", "ours", "PyTorch", "ours / PyTorch", ""]]
    for step in result.steps:
        row = [step.model, f"{step.parameters:,}", time_text(step.ours)]
        if step.pytorch is not None and step.ratio is not None:
            bar = BARS[f"training step of {step.model} / PyTorch"][0]
            row += [time_text(step.pytorch), ratio_text(step.ratio), f"bar ≤ {bar}"]
        rows.append(row)
    return ["a step of training", *_table(rows)]


def memory_lines(result: MemoryResult) -> list[str]:
    """A row for each length, and the exponents."""
    rows = [["tokens", "time", "extra memory", "one matrix of scores"]]
    for each in result.lengths:
        matrix = 4 * each.length**2 / MIB
        rows.append(
            [f"{each.length:,}", time_text(each.seconds), f"{each.extra_bytes / MIB:.1f} MiB", f"{matrix:,.0f} MiB"]
        )
    return [
        f"attention of one sequence, width {result.width}, forwards and backwards, beyond inputs and results",
        *_table(rows),
        f"time grows as length to the {result.time_exponent:.2f}, memory as length to the {result.memory_exponent:.2f}",
    ]


def startup_lines(result: StartupResult) -> list[str]:
    """One line."""
    ours, numpy = time_text(result.attention_np), time_text(result.numpy)
    (bar, _) = BARS["import attention_np / import numpy"]
    return [f"import attention_np {ours}, import numpy {numpy}: {ratio_text(result.ratio)}, bar ≤ {bar}"]


def gradcheck_lines(result: GradcheckResult) -> list[str]:
    """A row for each model."""
    rows = [["model", "parameters", "all gradients checked in"]]
    rows += [[check.model, f"{check.parameters:,}", time_text(check.seconds)] for check in result.checks]
    return ["check_gradients", *_table(rows)]


def processes_lines(result: ProcessesResult) -> list[str]:
    """A row for each way to use more processes."""
    many = result.processes
    rows = [
        ["batch", "a step", "efficiency"],
        ["in one process", time_text(result.alone), ""],
        [f"divided among {many}", time_text(result.divided), ratio_text(result.efficiency)],
        [f"{many} times as large, one each", time_text(result.doubled), ratio_text(result.doubled_efficiency)],
    ]
    summing = f"{time_text(result.summing)} of the divided step are the sum of the gradients, waiting included"
    return [f"{result.model} in {many} processes of one thread each, by MPI", *_table(rows), summing]


def growth_lines(result: GrowthResult) -> list[str]:
    """A row for each axis: its sizes, times and peaks, and the exponents."""
    rows = [["", "sizes", "time", "exponent", "memory", "exponent"]]
    for each in result.axes:
        first, last = each.sizes[0], each.sizes[-1]
        times = f"{time_text(each.seconds[0])} to {time_text(each.seconds[-1])}"
        peaks = f"{each.peak_bytes[0] / MIB:.1f} to {each.peak_bytes[-1] / MIB:.1f} MiB"
        exponents = f"{each.time_exponent:.2f}", f"{each.memory_exponent:.2f}"
        rows.append([each.axis, f"{first:,} to {last:,}", times, exponents[0], peaks, exponents[1]])
    base = ", ".join(f"{name} {value}" for name, value in BASE._asdict().items())
    return [f"a training step of a transformer as one size grows; else {base}, batch {BATCH}", *_table(rows)]


def bar_lines(judged: Sequence[Judged]) -> list[str]:
    """A row for each figure that has a bar."""
    rows = [["figure", "value", "bar", "aim", ""]]
    for each in judged:
        aim = "" if each.aim is None else f"≤ {each.aim:g}"
        rows.append([each.figure, f"{each.value:.2f}", f"≤ {each.bar:g}", aim, "met" if each.met else "MISSED"])
    return _table(rows)


def ratio_text(ratio: Ratio) -> str:
    """The median and the middle half."""
    return f"{ratio.median:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def time_text(seconds: float) -> str:
    """Seconds in the unit that suits them, to three digits."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:#.3g} {unit}".replace(". ", " ")
    return f"{seconds / 1e-9:.3g} ns"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they must be: the first to the left, the others to the right."""
    columns = max(map(len, rows))
    filled = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(len(row[column]) for row in filled) for column in range(columns)]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in filled
    ]
