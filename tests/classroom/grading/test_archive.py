"""Zip archives: what is unpacked, and what is refused in one sentence with nothing of it counted."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from attention_np.classroom.grading import find
from attention_np.classroom.grading.archive import unpack

SOFTMAX = "def softmax(scores):\n    return scores\n"


def made(path: Path, *entries: tuple[str | zipfile.ZipInfo, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    return entry


def with_password() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.py", SOFTMAX)
    data = bytearray(written.getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def test_python_files_and_notebooks_are_unpacked_with_their_times(tmp_path: Path) -> None:
    old = zipfile.ZipInfo("src/Work.PY", (2020, 2, 3, 4, 5, 6))
    made(tmp_path / "anna.zip", (old, SOFTMAX), ("__MACOSX/._Work.py", b"\0"), ("big.bin", b"0" * 10**7))
    (student,) = find([tmp_path / "anna.zip"], []).students
    assert student.student == "anna" and not student.notes
    assert [read.shown for read in student.files] == ["anna.zip/src/Work.PY"]
    unpack(tmp_path / "anna.zip", tmp_path / "to")
    assert (tmp_path / "to/src/Work.PY").stat().st_mtime < 1.6e9
    assert not (tmp_path / "to/big.bin").exists()


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([("fine.py", SOFTMAX), ("../evil.py", SOFTMAX)], "leads out"),
        ([("/etc/evil.py", SOFTMAX)], "leads out"),
        ([("a/../../evil.py", SOFTMAX)], "leads out"),
        ([("C:/evil.py", SOFTMAX)], "leads out"),
        ([(link("link.py"), "/etc/passwd")], "symbolic link"),
        ([("bomb.py", b"0" * (2**20 - 1))], "packed size"),
        ([("large.py", bytes(range(256)) * 5000)], "at most"),
        ([(f"{number}.py", SOFTMAX) for number in range(1001)], "at most 1000 files"),
        ([(f"{number}{'x' * 900}.txt", "") for number in range(1200)], "at most 1000 files"),
    ],
    ids=["up", "absolute", "inside and up", "drive", "link", "ratio", "large", "many", "directory"],
)
def test_what_is_up_to_something_is_refused_as_a_whole(tmp_path: Path, entries: list, said: str) -> None:
    archive = made(tmp_path / "eve.zip", *entries)
    (tmp_path / "to").mkdir()
    with pytest.raises(ValueError, match=f"^eve.zip: .*{said}"):
        unpack(archive, tmp_path / "to")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["eve.zip", "to"]
    (student,) = find([archive], []).students
    assert student.files == [] and said in student.notes[0]


def test_another_method_a_password_and_damage_are_refused(tmp_path: Path) -> None:
    made(tmp_path / "lzma.zip", ("a.py", SOFTMAX), method=zipfile.ZIP_LZMA)
    (tmp_path / "password.zip").write_bytes(with_password())
    whole = made(tmp_path / "whole.zip", ("a.py", SOFTMAX * 100)).read_bytes()
    (tmp_path / "damaged.zip").write_bytes(whole[:45] + b"\xff" * 20 + whole[65:])
    (tmp_path / "none.zip").write_bytes(b"no archive")
    for name, said in (("lzma", "method"), ("password", "password"), ("damaged", "can be read"), ("none", "can be read")):
        with pytest.raises(ValueError, match=said):
            unpack(tmp_path / f"{name}.zip", tmp_path / "to")


def test_sizes_that_lie_do_not_help(tmp_path: Path) -> None:
    data = bytearray(made(tmp_path / "lie.zip", ("a.py", b"0" * 2**21)).read_bytes())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", 10)
    (tmp_path / "lie.zip").write_bytes(data)
    with pytest.raises(ValueError, match=r"lie\.zip"):
        unpack(tmp_path / "lie.zip", tmp_path / "to")


def test_an_archive_within_an_archive_stays_packed(tmp_path: Path) -> None:
    inner = made(tmp_path / "inner.zip", ("a.py", SOFTMAX)).read_bytes()
    outer = made(tmp_path / "anna.zip", ("inner.zip", inner))
    (student,) = find([outer], []).students
    assert student.files == [] and "no .py or .ipynb" in student.notes[0]


def test_the_archive_of_a_whole_class_is_not_taken_for_one_student(tmp_path: Path) -> None:
    names = ("Anna A_1_assignsubmission_file_/a.py", "Ben B_2_assignsubmission_file_/b.py")
    packed = made(tmp_path / "week 3.zip", *((name, SOFTMAX) for name in names))
    (student,) = find([packed], []).students
    assert student.files == [] and "unpack it" in student.notes[0]
