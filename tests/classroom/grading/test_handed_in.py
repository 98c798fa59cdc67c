"""What is found below files and folders: whose it is, which of it counts, and what is left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from attention_np.classroom.grading import find, without_roster

SOFTMAX, CONTEXT = "def softmax(scores):\n    return scores\n", "def context(weights, values):\n    return 1\n"


def names(*paths: Path, roster: tuple[str, ...] = ()) -> list[str]:
    return [one.student for one in find(paths, {"softmax", "context"}, roster).students]


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return folder


def test_a_folder_is_a_class_of_files_and_of_folders(tmp_path: Path) -> None:
    written(tmp_path, anna=SOFTMAX, ben=CONTEXT)
    written(tmp_path / "carl", first=SOFTMAX, second=CONTEXT)
    assert names(tmp_path) == ["anna", "ben", "carl"]


def test_a_folder_of_files_is_one_students_where_that_is_clear(tmp_path: Path) -> None:
    one = written(tmp_path / "anna", first=SOFTMAX, second=CONTEXT)
    assert names(one) == ["first", "second"]
    assert names(one, roster=("anna",)) == ["anna"]
    assert names(one, written(tmp_path / "ben", work=SOFTMAX)) == ["anna", "ben"]
    assert names(one, written(tmp_path / "class", carl=SOFTMAX, dora=SOFTMAX)) == ["anna", "carl", "dora"]
    assert names(written(tmp_path / "Dora D_5_assignsubmission_file_", a=SOFTMAX)) == ["Dora D"]


def test_files_of_one_name_in_several_folders_are_several_students(tmp_path: Path) -> None:
    folders = [written(tmp_path / name, work=SOFTMAX) for name in ("anna", "ben", "Carl_3_assignsubmission_file_")]
    found = find([folder / "work.py" for folder in folders], {"softmax"})
    assert [one.name for one in without_roster(found.students)] == ["work (anna)", "work (ben)", "Carl"]
    again = [written(tmp_path / section / "x", anna=SOFTMAX) for section in ("one", "two")]
    names = [one.name for one in without_roster(find([folder / "anna.py" for folder in again], {"softmax"}).students)]
    assert names == [f"anna ({folder / 'anna.py'})" for folder in again]


def test_a_file_and_a_folder_side_by_side_are_one_students(tmp_path: Path) -> None:
    written(tmp_path, anna=SOFTMAX)
    written(tmp_path / "anna", second=CONTEXT)
    (student,) = find([tmp_path], {"softmax"}).students
    assert {read.shown for read in student.files} == {"anna.py", "second.py"}


def test_hidden_files_and_what_systems_leave_are_skipped(tmp_path: Path) -> None:
    for folder in (".ipynb_checkpoints", "__MACOSX", "__pycache__"):
        written(tmp_path / "anna" / folder, work=SOFTMAX)
    written(tmp_path / "anna", work=SOFTMAX)
    (tmp_path / "anna" / ".hidden.py").write_text(SOFTMAX)
    (tmp_path / "grades.xlsx").write_text("")
    found = find([tmp_path], [])
    assert [read.shown for read in found.students[0].files] == ["work.py"]
    assert len(found.left_out) == 1 and "grades.xlsx" in found.left_out[0]


def test_links_are_reported_and_not_followed(tmp_path: Path) -> None:
    key = written(tmp_path / "teacher", key=SOFTMAX)
    written(tmp_path / "class" / "anna", work=CONTEXT)
    for place, target in (("class/anna/stolen.py", key / "key.py"), ("class/anna/all", key), ("class/eve", key)):
        os.symlink(target, tmp_path / place)
    found = find([tmp_path / "class"], [])
    assert [one.student for one in found.students] == ["anna"]
    assert [read.shown for read in found.students[0].files] == ["work.py"]
    assert len(found.left_out) == 3 and all("symbolic link" in line for line in found.left_out)


def test_of_several_files_the_latest_comes_first(tmp_path: Path) -> None:
    folder = written(tmp_path / "anna", old=SOFTMAX, new=SOFTMAX)
    os.utime(folder / "old.py", (1, 1))
    assert [read.shown for read in find([tmp_path], []).students[0].files] == ["new.py", "old.py"]
    written(tmp_path / "canvas", **{"xy_1_2_hw": SOFTMAX, "xy_1_3_hw-1": SOFTMAX})
    os.utime(tmp_path / "canvas" / "xy_1_3_hw-1.py", (1, 1))
    (student,) = find([tmp_path / "canvas"], []).students
    assert [read.shown for read in student.files] == ["xy_1_3_hw-1.py", "xy_1_2_hw.py"]


def test_what_cannot_be_read_is_said_and_spares_the_others(tmp_path: Path) -> None:
    written(tmp_path, ben=SOFTMAX)
    (tmp_path / "anna.ipynb").write_text("{")
    (tmp_path / "carl").mkdir()
    anna, ben, carl = find([tmp_path], []).students
    assert anna.files == [] and "not JSON" in anna.notes[0]
    assert len(ben.files) == 1 and not ben.notes
    assert carl.files == [] and "no .py or .ipynb" in carl.notes[0]


def test_a_folder_that_cannot_be_opened_is_said_and_spares_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "anna", work=SOFTMAX)
    written(tmp_path / "ben", work=SOFTMAX)
    listed = Path.iterdir

    def refusing(folder: Path) -> Iterator[Path]:
        if folder.name == "anna":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refusing)
    found = find([tmp_path], [])
    assert [len(student.files) for student in found.students] == [0, 1]
    assert len(found.left_out) == 1 and "Permission denied" in found.left_out[0]


@pytest.mark.parametrize(("name", "said"), [("missing.py", "there is no"), ("notes.txt", "expected .py, .ipynb or .zip")])
def test_a_path_that_is_nothing_to_grade_is_an_error(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ValueError, match=said):
        find([tmp_path / name], [])
