"""The command ``attention-np``: a file for each subcommand, and this one, which turns errors into one line."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from .._version import __version__
from ..training.distributed import stop_all
from . import (
    assignment,
    bench,
    check,
    doctor,
    evaluate,
    exercises,
    grade,
    main_job,
    notebooks,
    reproduce,
    summarize,
    train,
    where,
)
from .processes import fail, only_the_first_speaks

_DESCRIPTION = """\
Attention in pure NumPy. Without a subcommand, the main job in two acts, under ten minutes on two cores: three models
translate number words, and their attention is compared with the true alignment; then a summariser with cosine attention
is trained on the documentation that is installed on this machine, and reported against baselines.
Nothing is downloaded and nothing leaves the machine."""


class _Parser(argparse.ArgumentParser):
    """Bad usage is one line, as every other error is; the subcommands' parsers are of this class too."""

    def __init__(self, **options: Any) -> None:
        # Raw: an example that is wrapped at a hyphen cannot be copied.
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the usage stands."""
        self.exit(fail(f"{message} (see {self.prog} --help)", 2))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status: 0 done, 1 checked and found wrong, 2 could not be done, 130 Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        # A summary may copy any word of its source: what the console cannot show must not end the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    parser = _Parser(prog="attention-np", description=_DESCRIPTION, epilog="example: attention-np --quick")
    parser.add_argument("--version", action="version", version=f"attention-np {__version__}")
    main_job.add_arguments(parser)
    subparsers = parser.add_subparsers(title="subcommands", metavar="subcommand")
    for subcommand in (train, summarize, evaluate, exercises, check, assignment, grade, doctor, notebooks, reproduce, bench, where):
        subcommand.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    if arguments.run is not main_job.run and argv[0].startswith("-"):
        # argparse would let the subcommand's defaults overwrite them silently.
        parser.error(f"{argv[0]}: options go behind the subcommand, as in: attention-np train numbers --seed 3")
    try:
        with only_the_first_speaks(arguments):
            return arguments.run(arguments)
    except KeyboardInterrupt as interrupt:
        how = "give the same command with --resume"
        return fail(str(interrupt).replace("resume the training", how) or "stopped", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        stop_all(0)
        return 0
    except (ValueError, TypeError, OSError, ImportError, FloatingPointError, MemoryError) as error:
        return fail(str(error) or type(error).__name__, 2)
