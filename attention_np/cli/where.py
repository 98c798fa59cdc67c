"""``attention-np where``: names what lies in the cache, and removes it."""

from __future__ import annotations

import argparse
import json
import shutil

from .places import cache_folder, last_model


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "where", help="names caches and models and their size, and removes them", epilog="example: attention-np where"
    )
    parser.add_argument("--clean", action="store_true", help="remove all of it (what --out named stays)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List or remove what is in the cache directory."""
    folder = cache_folder()
    sizes = {
        str(entry): sum(file.stat().st_size for file in [entry, *entry.rglob("*")] if file.is_file())
        for entry in sorted(folder.iterdir())
    }
    model = last_model()
    if arguments.clean:
        shutil.rmtree(folder)
    if arguments.json:
        named = None if model is None else str(model)
        print(json.dumps({"folder": str(folder), "bytes": sizes, "model": named, "removed": arguments.clean}))
        return 0
    print(f"{folder}: {sum(sizes.values()) / 1e6:.1f} MB" + (", removed" if arguments.clean else ""))
    for name, size in sizes.items():
        print(f"  {size / 1e6:8.1f} MB  {name}")
    if model is not None and not arguments.clean:
        print(f"the model that summarize and evaluate use: {model}, {model.stat().st_size / 1e6:.1f} MB")
    return 0
