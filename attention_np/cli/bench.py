"""``attention-np bench``: speed and memory against the matrix-product floor, and against peers where installed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..bench import SECTIONS, Disagreement, draw_results, result_lines, run_bench

_DRAWN = (None, "attention", "memory", "growth")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "bench",
        help="measures speed and memory, against the matrix products and against PyTorch and autograd where installed",
        epilog="example: attention-np bench --quick --only attention --plot bench.png",
    )
    parser.add_argument("--quick", action="store_true", help="few rounds and small shapes, in under a minute")
    parser.add_argument("--only", choices=SECTIONS, help="one section instead of all")
    parser.add_argument("--plot", metavar="FILE.png", type=Path, help="draw rates, memory and growth")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure; 1 if a peer's results are not ours."""
    if arguments.plot is not None:
        _check_plot(arguments.plot, arguments.only)
    try:
        results = run_bench(arguments.only, arguments.quick, _say)
    except Disagreement as disagreement:
        _say("")
        print(f"attention-np: {disagreement}", file=sys.stderr)
        return 1
    _say("")
    if arguments.plot is not None:
        draw_results(results, arguments.plot)
    print(json.dumps(results.as_dict()) if arguments.json else "\n".join(result_lines(results)))
    return 0


def _check_plot(path: Path, only: str | None) -> None:
    """Refuse before minutes of measuring what would fail behind them."""
    if only not in _DRAWN:
        raise ValueError(f"--plot: draws attention, memory and growth, and with --only {only} none is measured")
    if path.suffix.lower() != ".png":
        raise ValueError(f"--plot: expected a name that ends in .png, got {path}")
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise ValueError(f"--plot: expected a file in a folder that exists, got {path}")


def _say(text: str) -> None:
    """What is being measured: one line that is written over on a terminal, and goes with an empty text; else a line each."""
    if sys.stderr.isatty():
        print(f"\r\033[2K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
