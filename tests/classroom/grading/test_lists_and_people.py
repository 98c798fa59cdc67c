"""The roster and the corrections as teachers' spreadsheets write them, and who on the roster handed in what."""

from __future__ import annotations

from pathlib import Path

import pytest

from attention_np.classroom.grading import HandedIn, by_roster, read_corrections, read_roster, without_roster

ROSTER = "id,name,email\nm1,\"Müller, Anna\",anna@x.edu\nm2,Bob Smith,bob@x.edu\nm3,Carla de la Cruz,\n"


def file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    (tmp_path / "list.csv").write_text(text, encoding=encoding)
    return tmp_path / "list.csv"


def test_a_roster_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    comma = read_roster(file(tmp_path, ROSTER))
    assert [one.id for one in comma] == ["m1", "m2", "m3"] and comma[0].name == "Müller, Anna"
    semicolon = ROSTER.replace('"Müller, Anna"', "Müller. Anna").replace(",", ";").replace(".", ",").replace("\n", "\r\n")
    assert [one.name for one in read_roster(file(tmp_path, semicolon, "utf-8-sig"))] == [one.name for one in comma]
    assert read_roster(file(tmp_path, "Section,NAME,ID\n1,Anna,7\n\n"))[0][:2] == ("7", "Anna")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,email\n1,a", "name is missing"),
        ("id,name\n", "found none"),
        ("id,name\n1,\n", "line 2: expected an id and a name"),
        ("id,name\n1,a\n1,b\n", "1 again"),
        ('id,name\n1,"a\n', "line"),
    ],
)
def test_a_roster_that_is_none_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_roster(file(tmp_path, text))


@pytest.mark.parametrize(
    "student",
    [
        HandedIn("Anna Müller", "5", "x"),
        HandedIn("Müller Anna", "5", "x"),
        HandedIn("mulleranna", "5", "x"),
        HandedIn("m1", "", "x"),
        HandedIn("anna@x.edu", "", "x"),
        HandedIn("somebody", "m1", "x"),
    ],
)
def test_the_roster_is_found_however_the_platform_spelt_the_name(tmp_path: Path, student: HandedIn) -> None:
    people, remarks = by_roster([student], read_roster(file(tmp_path, ROSTER)))
    assert remarks == [] and [one.id for one in people] == ["m1", "m2", "m3"]
    assert people[0].handed_in is student and people[1].handed_in is None
    assert people[0].key == "m1"


def test_who_is_unknown_ambiguous_or_there_twice_is_said_and_graded(tmp_path: Path) -> None:
    roster = read_roster(file(tmp_path, ROSTER + "m4,Bob Smith,\n"))
    students = [HandedIn("Zoe", "", "z"), HandedIn("Bob Smith", "", "b"), HandedIn("m1", "", "a"), HandedIn("Anna Müller", "", "c")]
    people, remarks = by_roster(students, roster)
    assert [one.name for one in people[4:]] == ["Zoe", "Bob Smith", "Anna Müller"]
    assert "Zoe is not on the roster" in remarks[0]
    assert "m2 or m4" in remarks[1]
    assert "twice" in remarks[2]


def test_without_a_roster_two_of_one_name_are_told_apart() -> None:
    people = without_roster([HandedIn("Anna", "1", "a"), HandedIn("Anna", "2", "b"), HandedIn("Ben", "3", "c")])
    assert [one.name for one in people] == ["Anna (1)", "Anna (2)", "Ben"]
    assert len({one.key for one in people}) == 3


def test_corrections_are_points_with_a_reason(tmp_path: Path) -> None:
    (one,) = read_corrections(file(tmp_path, 'student;exercise;points;reason\nAnna;softmax;2,5;"kind; really"\n'))
    assert (one.points, one.reason) == (2.5, "kind; really")
    for row, said in (("Anna,softmax,-1,x", "from 0"), ("Anna,softmax,nan,x", "from 0"), ("Anna,softmax,1,", "why")):
        with pytest.raises(ValueError, match=said):
            read_corrections(file(tmp_path, f"student,exercise,points,reason\n{row}\n"))
