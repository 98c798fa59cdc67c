"""``attention-np reproduce RESULT``: does a published result anew, beside the published figures."""

from __future__ import annotations

import argparse

from .reproductions import scan, staleness


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand, with a parser for each result."""
    parser = subparsers.add_parser(
        "reproduce",
        help="does a published result anew, beside the published figures",
        epilog="example: attention-np reproduce staleness --plot staleness.png",
    )
    results = parser.add_subparsers(title="results", metavar="result", dest="result", required=True)
    for result in (scan, staleness):
        result.add_parser(results)
