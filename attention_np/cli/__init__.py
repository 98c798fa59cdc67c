"""The command ``attention-np``: a file for each subcommand, and this one, which turns errors into one line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .._version import __version__
from . import evaluate, main_job, summarize, train, where

_DESCRIPTION = """\
Attention in pure NumPy. Without a subcommand, the main job in two acts, under ten minutes on two cores: three models
translate number words, and their attention is compared with the true alignment; then a summariser with cosine attention
is trained on the documentation that is installed on this machine, and reported against baselines.
Nothing is downloaded and nothing leaves the machine."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status: 0 done, 1 checked and found wrong, 2 could not be done, 130 Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="attention-np",
        description=_DESCRIPTION,
        epilog="example: attention-np --quick",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"attention-np {__version__}")
    main_job.add_arguments(parser)
    subparsers = parser.add_subparsers(title="subcommands", metavar="")
    for subcommand in (train, summarize, evaluate, where):
        subcommand.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt as interrupt:
        return _fail(str(interrupt) or "stopped", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, OSError, ImportError, FloatingPointError, MemoryError) as error:
        return _fail(str(error) or type(error).__name__, 2)


def _fail(message: str, status: int) -> int:
    print(f"attention-np: {' '.join(message.split())}", file=sys.stderr)
    return status
