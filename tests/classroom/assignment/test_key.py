"""An assignment read back from the teacher's key: cases of each student's own, a fingerprint, one line for what is wrong."""

from __future__ import annotations

import json
import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from attention_np.classroom.assignment import load_assignment
from attention_np.classroom.assignment.key import Key, key_file, write_key

KEY = Key("Week 3", ("softmax", "context"), False, {}, bytes(range(32)), datetime(2026, 12, 1, 12, tzinfo=UTC))


def written(folder: Path, key: Key = KEY) -> Path:
    file = key_file(folder)
    file.parent.mkdir(parents=True)
    write_key(file, key)
    return file


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written(tmp_path)
    read = load_assignment(tmp_path)
    assert (read.title, read.secret, read.due) == (KEY.title, KEY.secret, KEY.due)
    assert tuple(exercise.name for exercise in read.exercises) == KEY.exercises
    assert read.points == sum(exercise.points for exercise in read.exercises)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such bits")
def test_nobody_but_its_owner_may_read_the_secret(tmp_path: Path) -> None:
    assert stat.S_IMODE(written(tmp_path).stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    file = written(tmp_path)
    with pytest.raises(FileExistsError):
        write_key(file, KEY)


def test_each_student_and_exercise_has_random_numbers_of_its_own_the_same_each_time(tmp_path: Path) -> None:
    written(tmp_path / "one")
    written(tmp_path / "other", replace(KEY, secret=bytes(32)))
    one, other = load_assignment(tmp_path / "one"), load_assignment(tmp_path / "other")
    pairs = [("Ada", "softmax"), ("Ada", "context"), ("Bo", "softmax"), ("Adasoft", "max")]
    first = {assignment.rng_for(*pair).integers(2**63) for assignment in (one, other) for pair in pairs}
    assert len(first) == 2 * len(pairs)
    assert one.rng_for("Ada", "softmax").integers(2**63) == load_assignment(tmp_path / "one").rng_for(
        "Ada", "softmax"
    ).integers(2**63)


def test_the_fingerprint_follows_what_marks_depend_on_and_nothing_else(tmp_path: Path) -> None:
    keys = {
        "same": replace(KEY, title="Another", due=None),
        "secret": replace(KEY, secret=bytes(32)),
        "varied": replace(KEY, contracts={"softmax": "times 2"}),
        "fewer": replace(KEY, exercises=("softmax",)),
    }
    written(tmp_path / "key")
    known = load_assignment(tmp_path / "key").fingerprint
    for name, key in keys.items():
        written(tmp_path / name, key)
        assert (load_assignment(tmp_path / name).fingerprint == known) is (name == "same"), name


def test_the_secret_is_not_printed_with_the_assignment(tmp_path: Path) -> None:
    written(tmp_path)
    assert "secret" not in repr(load_assignment(tmp_path))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": 99}, "version 1, got 99"),
        ({"title": 3}, "title: expected a string, got 3"),
        ({"exercises": []}, "exercises: expected a list of names"),
        ({"exercises": ["softmax", "softmax"]}, "each once"),
        ({"exercises": ["softmaxx"]}, "did you mean softmax"),
        ({"secret": "abc"}, "secret: expected 64 hexadecimal digits, got something else"),
        ({"due": "2026-12-01T23:59:00"}, "with its time zone"),
        ({"contracts": []}, "contracts: expected an object from names to contracts"),
        (
            {"contracts": {"softmax": "times 0"}},
            "softmax: expected a contract that this exercise can have, got 'times 0'",
        ),
        ({"contracts": {"linear": "times 2"}}, "contracts: expected names of its exercises, got linear"),
        ({"own": "yes"}, "own: expected true or false"),
        ({"more": 1}, "got more besides"),
    ],
)
def test_a_key_that_is_not_whole_is_one_line(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    file = written(tmp_path)
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changed}), encoding="utf-8")
    with pytest.raises(ValueError, match=words) as refused:
        load_assignment(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_varied_exercise_has_the_contract_of_the_key_whatever_its_secret(tmp_path: Path) -> None:
    written(tmp_path, replace(KEY, contracts={"softmax": "times 2"}))
    read = load_assignment(tmp_path)
    assert "Every result is 2 times" in read.exercises[0].statement
    assert read.exercises[1] == read.usual[1] and read.exercises[0] != read.usual[0]


def test_what_is_no_key_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="attention-np assignment new"):
        load_assignment(tmp_path)
    file = written(tmp_path)
    file.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="expected JSON"):
        load_assignment(tmp_path)
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match="expected an object, got list"):
        load_assignment(tmp_path)
    file.write_text('{"version": 1}', encoding="utf-8")
    with pytest.raises(ValueError, match="title is missing"):
        load_assignment(tmp_path)
