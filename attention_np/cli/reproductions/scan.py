"""``attention-np reproduce scan``: trains a published table anew, and prints it beside the published figures."""

from __future__ import annotations

import argparse
import json
import sys
from itertools import product
from pathlib import Path

from ...tasks.scan.runs import Run, estimated_seconds, outcomes_in, perform_all
from ...tasks.scan.splits import SPLITS
from ...tasks.scan.table import table_as_dict, table_lines
from ...tasks.scan.training import CELLS, VARIANTS, ScanSettings
from ..options import at_least_one, not_negative, share_left_out
from ..places import output_folder


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the published table of SCAN."""
    parser = subparsers.add_parser(
        "scan",
        help="the table of Lake and Baroni 2018, seed by seed: commands carried out exactly",
        epilog="example: attention-np reproduce scan --splits simple --cells elman --scores additive cosine --seeds 0 1 2",
    )
    parser.add_argument("--splits", nargs="+", choices=tuple(SPLITS), default=["simple", "length"], metavar="SPLIT")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=["elman"], metavar="CELL")
    parser.add_argument("--scores", nargs="+", choices=tuple(VARIANTS), default=list(VARIANTS), metavar="SCORE")
    parser.add_argument("--seeds", nargs="+", type=not_negative, default=[0, 1, 2, 3, 4], metavar="N")
    defaults = ScanSettings()
    parser.add_argument(
        "--presentations",
        type=at_least_one,
        default=defaults.presentations,
        metavar="N",
        help="commands shown in a run",
    )
    parser.add_argument(
        "--dropout", type=share_left_out, default=defaults.dropout, metavar="P", help="the share that is left out"
    )
    parser.add_argument("--jobs", type=at_least_one, default=2, metavar="N", help="processes at a time (2)")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="the folder of the runs (in the cache); goes on with it"
    )
    parser.add_argument("--only-print", action="store_true", help="print the table of what is done, and train nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do the runs that are missing, and print the table."""
    folder = output_folder(arguments.out, "reproduce-scan")
    settings = ScanSettings(presentations=arguments.presentations, dropout=arguments.dropout)
    # The seed changes slowest: the table is whole, if rough, after the first seed.
    runs = [
        Run(split, cell, variant, seed)
        for seed, split, cell, variant in product(arguments.seeds, arguments.splits, arguments.cells, arguments.scores)
    ]
    outcomes = outcomes_in(folder, settings, runs)
    if not arguments.only_print:
        missing = [one for one in runs if one not in outcomes]
        _say(f"{len(outcomes)} of {len(runs)} runs are in {folder}")
        try:
            _perform(missing, settings, folder, arguments.jobs)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"stopped; the same command goes on with the runs in {folder}") from None
        outcomes = outcomes_in(folder, settings, runs)
    if arguments.json:
        print(json.dumps(table_as_dict(outcomes, len(runs))))
    else:
        print("\n".join(table_lines(outcomes, len(runs))))
    return 0


def _perform(missing: list[Run], settings: ScanSettings, folder: Path, jobs: int) -> None:
    if not missing:
        return
    minutes = estimated_seconds(missing, settings) / min(jobs, len(missing)) / 60
    _say(f"the {len(missing)} others take about {minutes:.0f} minutes of training in {jobs} processes")
    for number, outcome in enumerate(perform_all(missing, settings, folder, jobs), start=1):
        seconds = outcome.details["training_seconds"]
        _say(f"{number} of {len(missing)}: {outcome.run.name} {100 * outcome.exact:.1f} % exact, {seconds:.0f} s")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
