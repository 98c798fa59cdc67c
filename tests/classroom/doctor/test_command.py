"""``attention-np doctor``: what it prints, and what it is for another user than root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from attention_np.classroom.doctor import FAMILIES
from attention_np.cli import main

ROOT = Path(__file__).parents[3]
NOBODY = 65534

# As root: what another user cannot reach is shown where he can, to this process alone. A folder keeps its own mode where it is shown,
# and that of a clone may be closed to others: hence the package within it.
AS_NOBODY = """
import os, sys
from attention_np.classroom.worker.inside import kernel
python, prefix, package, packages, user, top = sys.argv[1:]
kernel.own_mounts()
shown = {prefix: "prefix", package: "clone/attention_np", packages: "packages"}
for source, place in shown.items():
    os.makedirs(os.path.join(top, place))
    kernel.show_at(source, os.path.join(top, place))
os.chdir(top)
os.setgroups([])
os.setresgid(int(user), int(user), int(user))
os.setresuid(int(user), int(user), int(user))
path = os.pathsep.join(os.path.join(top, place) for place in ("clone", "packages"))
environment = {"PYTHONPATH": path, "HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
program = os.path.join(top, "prefix", os.path.relpath(python, prefix))
os.execve(program, [program, "-B", "-m", "attention_np", "doctor", "--only", "behind the hook", "--json"], environment)
"""


def test_a_family_is_a_row_each_and_a_summary(capsys):
    assert main(["doctor", "--only", "forged"]) == 0
    lines = capsys.readouterr().out.splitlines()
    count = len(FAMILIES["forged"])
    assert [line.split()[0] for line in lines[1 : count + 1]] == ["stopped"] * count
    assert lines[-2] == f"{count} of {count} hostile submissions got nothing; 0 of 0 honest ones got their marks."
    assert lines[-1].startswith("isolation: ") and "audit hook" in lines[-1]


def test_what_a_weaker_level_does_not_prevent_is_said(capsys):
    assert main(["doctor", "--only", "behind the hook", "--level", "limits"]) == 0
    out = capsys.readouterr().out
    assert "not prevented here (known to get through): the key in C: it opens the teacher's key" in out
    assert "got 8 of 8 points" in out and "it showed a secret" in out


def test_json_says_the_same(capsys):
    assert main(["doctor", "--only", "network", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    count = len(FAMILIES["network"])
    assert said["hostile"] == {"tried": count, "stopped": count} and said["as_it_should_be"]
    assert {row["family"] for row in said["submissions"]} == {"network"}


def test_what_gets_through_against_expectation_is_exit_status_1(capsys, monkeypatch):
    # A machine that claims walls that it has not.
    monkeypatch.setattr("attention_np.cli.doctor.isolation_here", lambda: None)
    monkeypatch.setattr(
        "attention_np.cli.doctor.fences_here", lambda isolation: ("none", frozenset({"audit", "landlock"}))
    )
    monkeypatch.setitem(
        FAMILIES, "answers", tuple(case for case in FAMILIES["answers"] if case.name in ("open", "runpy"))
    )
    assert main(["doctor", "--only", "answers"]) == 1
    said = capsys.readouterr()
    assert "BAD      it got 8 of 8 points" in said.out and "not as it should be: runpy, open" in said.err
    assert "0 of 2 hostile submissions got nothing" in said.out


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="the other tests run as an ordinary user")
def test_an_ordinary_user_has_the_kernel_s_walls_too(open_folder):
    python = getattr(sys, "_base_executable", sys.executable)
    packages, package = str(Path(np.__file__).parents[1]), str(ROOT / "attention_np")
    words = [os.path.realpath(python), sys.base_prefix, package, packages, str(NOBODY), str(open_folder)]
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if "Operation not permitted: 'unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("root may not mount here")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["as_it_should_be"] and "a user of its own" not in said["isolation"]
    assert "not prevented" in said["isolation"] or said["hostile"]["stopped"] == len(FAMILIES["behind the hook"])
