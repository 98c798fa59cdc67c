"""What `create` leaves: hand-outs without answers, the key beside solutions; all of it or nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from attention_np.classroom.assignment import load_assignment
from attention_np.classroom.assignment.create import create
from attention_np.classroom.example import example_lines
from attention_np.classroom.submission import read_submission

from .conftest import NAMES, Made

OWN = Path(__file__).parents[1] / "own_exercises"


def bodies(source: str) -> set[str]:
    """The statements of all functions, without docstrings."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return {ast.unparse(part) for node in functions for part in node.body if not isinstance(part, ast.Expr)}


def test_students_and_teacher_have_a_folder_each(made: Made) -> None:
    files = {str(file.relative_to(made.folder)) for file in made.folder.rglob("*") if file.is_file()}
    solutions = {f"teacher/solutions/{name}.py" for name in NAMES}
    assert files == {
        "student/week-3.py",
        "student/week-3.ipynb",
        "teacher/assignment.json",
        "teacher/README.txt",
        *solutions,
    }


def test_what_was_made_is_what_is_loaded(made: Made) -> None:
    loaded = load_assignment(made.folder)
    assert loaded.fingerprint == made.assignment.fingerprint
    assert [one.statement for one in loaded.exercises] == [one.statement for one in made.assignment.exercises]
    assert all(one.statement != usual.statement for one, usual in zip(loaded.exercises, loaded.usual, strict=True))


def test_hand_outs_hold_neither_the_secret_nor_a_line_of_a_solution(made: Made) -> None:
    text = made.python.read_text(encoding="utf-8")
    handed_out = text + made.notebook.read_text(encoding="utf-8")
    assert made.assignment.secret.hex() not in handed_out
    given = bodies(text)
    for exercise in made.assignment.usual:
        assert not (bodies(exercise.solution) - bodies(exercise.blank)) & given, exercise.name


def test_the_python_file_runs_as_it_is_and_has_every_blank_with_all_that_is_said_of_it(made: Made) -> None:
    text = made.python.read_text(encoding="utf-8")
    namespace: dict = {}
    exec(compile(text, "week-3.py", "exec"), namespace)
    for exercise in made.assignment.exercises:
        assert callable(namespace[exercise.name])
        assert f"# {exercise.name}: {exercise.title}\n" in text
        assert "\n".join(f"#     {line}" for line in example_lines(exercise)) in text
        unbroken = " ".join(text.replace("\n#", " ").split())
        assert " ".join(exercise.statement.split()) in unbroken
    assert text.count("from __future__") == text.count("import numpy as np") == 1
    assert max(map(len, text.splitlines())) <= 120


def test_both_hand_outs_are_read_as_submissions_are(made: Made) -> None:
    for file in (made.python, made.notebook):
        read = read_submission(file)
        assert set(NAMES) <= read.functions.keys() and read.remarks == ()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="expected a new or an empty folder"):
        create(tmp_path, ["softmax"])
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_nothing_is_left_where_an_exercise_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean softmax"):
        create(tmp_path / "week", ["context", "softmaxx"])
    assert list(tmp_path.iterdir()) == []


def test_a_teachers_own_exercises_are_kept_beside_the_key(tmp_path: Path) -> None:
    made = create(tmp_path, [], own=OWN)
    assert [exercise.name for exercise in made.exercises] == ["centred"]
    copy = tmp_path / "teacher" / "exercises" / "centred.py"
    assert copy.read_bytes() == (OWN / "centred.py").read_bytes()
    assert [exercise.name for exercise in load_assignment(tmp_path).exercises] == ["centred"]
    for file in (tmp_path / "student").iterdir():
        # A learner's machine does not know them.
        text = file.read_text(encoding="utf-8")
        assert not any(words in text for words in ("attention-np check", "%%check", "check_points"))


def test_two_assignments_have_secrets_of_their_own(tmp_path: Path) -> None:
    one, other = (create(tmp_path / name, ["softmax"]) for name in ("one", "other"))
    assert one.secret != other.secret and len(one.secret) == 32
    assert one.exercises == one.usual
