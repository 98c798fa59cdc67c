"""Peers: skipped by name where they are missing, refused where they compute something else."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from attention_np.bench.peers import Disagreement, find_peers, require_equal

RNG = np.random.default_rng(0)


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "autograd", None)
    found = find_peers()
    assert found.torch is None and found.autograd is None
    assert [(each.peer, each.install) for each in found.skipped()] == [
        ("PyTorch", "pip install torch"),
        ("HIPS autograd", "pip install autograd"),
    ]


def test_what_is_there_is_not_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ModuleType("torch")
    monkeypatch.setitem(sys.modules, "torch", here)
    monkeypatch.setitem(sys.modules, "autograd", None)
    found = find_peers()
    assert found.torch is here
    assert [each.peer for each in found.skipped()] == ["HIPS autograd"]


def test_results_that_differ_by_rounding_are_equal() -> None:
    ours = RNG.normal(size=(3, 5)).astype(np.float32)
    require_equal("a peer", "here", {"context": ours}, {"context": ours * (1 + 1e-6)})


@pytest.mark.parametrize("change", ["off", "not a number", "shape", "scaled"])
def test_results_that_differ_are_refused_by_name(change: str) -> None:
    ours = {"context": RNG.normal(size=(3, 5)), "d_keys": RNG.normal(size=(4, 5))}
    theirs = {name: array.copy() for name, array in ours.items()}
    if change == "off":
        theirs["d_keys"][1, 2] += 1e-3 * np.abs(ours["d_keys"]).max()
    elif change == "not a number":
        theirs["d_keys"][1, 2] = np.nan
    elif change == "shape":
        theirs["d_keys"] = theirs["d_keys"][:, :1]
    else:
        theirs["d_keys"] *= 1.001
    with pytest.raises(Disagreement, match=r"a peer at \(1, 2\): d_keys"):
        require_equal("a peer", "(1, 2)", ours, theirs)
