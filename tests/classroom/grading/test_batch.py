"""A graded class: one student's disaster is nobody else's, nothing known is graded again, and nothing unknown is a zero."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from attention_np.classroom.grading import (
    Correction,
    Enrolled,
    Kept,
    batch,
    by_roster,
    common_mistakes,
    corrected,
    find,
    grade,
    handed_in,
    without_assignment,
    without_roster,
)
from attention_np.classroom.grading.counting import holding
from attention_np.classroom.grading.result import lateness
from attention_np.classroom.worker import isolation_here
from attention_np.gradcheck.diagnosis import Diagnosis

from ..conftest import EXERCISES, HOSTILE, RIGHT


def verdicts(student: Any) -> list[str]:
    return [result.verdict for result in student.results]


@pytest.fixture
def kept(small: Any, tmp_path: Path) -> Path:
    """The small class's results, in a folder that a test may change."""
    shutil.copytree(small.kept, tmp_path / "kept")
    return tmp_path / "kept"


def test_everybody_comes_to_what_they_wrote(small: Any) -> None:
    assert [one.name for one in small.graded.students] == [HOSTILE, "Müller Anna", "carol", "dan", "eve", "smithbob"]
    assert verdicts(small.student("Müller")) == verdicts(small.student("carol")) == ["pass"] * 3
    assert small.student("Müller").score == small.student("Müller").max_score == small.graded.max_score
    assert verdicts(small.student(HOSTILE)) == ["crashed", "not-attempted", "wrong"]
    assert verdicts(small.student("eve")) == ["not-attempted", "not-attempted", "wrong"]


def test_of_what_was_printed_the_end_is_kept(small: Any) -> None:
    printed = small.student(HOSTILE).results[0].printed
    assert len(printed) == 4000 and printed.rstrip().endswith("</script>")


def test_a_file_that_cannot_be_read_is_said_and_stops_nobody(small: Any) -> None:
    assert verdicts(small.student("dan")) == ["not-attempted"] * 3 and small.student("dan").complete
    assert "not JSON" in small.student("dan").notes[0]


def test_the_latest_of_two_files_counts_exercise_by_exercise_and_it_is_said(small: Any) -> None:
    bob = small.student("smithbob")
    assert verdicts(bob) == ["pass", "pass", "wrong"]
    assert any("smithbob_LATE_103_556_hw-1.py, counts, not smithbob_LATE_103_555_hw.py" in note for note in bob.notes)
    assert bob.late == timedelta(0) and small.student("carol").late is None


def test_a_hand_out_beside_the_work_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "work.py").write_text(RIGHT, encoding="utf-8")
    untouched = "\n\n".join(one.blank.replace("from __future__ import annotations", "# Week 1") for one in EXERCISES)
    (tmp_path / "anna" / "z hand-out.py").write_text(untouched, encoding="utf-8")
    os.utime(tmp_path / "anna" / "work.py", (1, 1))
    (anna,) = find([tmp_path], []).students
    assert [read.shown for read in anna.files] == ["z hand-out.py", "work.py"]
    assert [[read.shown for read in holding(anna, one)] for one in EXERCISES] == [["work.py"]] * 3
    (tmp_path / "anna" / "work.py").write_text(untouched, encoding="utf-8")
    (anna,) = find([tmp_path], []).students
    assert [len(holding(anna, one)) for one in EXERCISES] == [1, 1, 1]


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (timedelta(0), "late"),
        (timedelta(minutes=61), "late by 1 hour and 1 minute, by the file's time"),
        (timedelta(days=2, minutes=3), "late by 2 days, by the file's time"),
    ],
)
def test_lateness_is_said_in_its_two_largest_units(late: timedelta, said: str) -> None:
    assert lateness(late) == said


def test_the_level_of_isolation_is_that_of_the_workers(small: Any) -> None:
    assert "audit hook" in small.graded.isolation


def test_what_is_known_is_not_graded_again(small: Any) -> None:
    graded, ran = small.again()
    assert ran == 0 and graded == small.graded


def test_what_was_graded_before_an_interruption_is_kept(small: Any, tmp_path: Path) -> None:
    def interrupted(done: int, count: int) -> None:
        if done:
            raise KeyboardInterrupt

    assignment = without_assignment(EXERCISES, "")
    kept = Kept(tmp_path)
    people = [one for one in small.people if one.name in ("Müller Anna", "carol")]
    with pytest.raises(KeyboardInterrupt):
        grade(people, assignment, isolation=isolation_here(), kept=kept, jobs=1, progress=interrupted)
    counts: list[int] = []
    known = len(list(tmp_path.iterdir()))
    graded = grade(
        people, assignment, isolation=isolation_here(), kept=kept, jobs=1, progress=lambda done, count: counts.append(count)
    )
    assert 1 <= known < 6 and counts[-1] == 6 - known
    assert [one.score for one in graded.students] == [assignment.points] * 2


def test_only_what_changed_is_graded_again(small: Any, kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    shutil.copytree(small.folder, folder)
    source = RIGHT.replace("weights @ values", "np.matmul(weights, values)")
    (folder / "Müller Anna_101_assignsubmission_file_" / "work <i>.py").write_text(source, encoding="utf-8")
    graded, ran = small.again(folder, kept=Kept(kept))
    assert ran == 1 and [one.score for one in graded.students] == [one.score for one in small.graded.students]


def test_another_student_and_another_assignment_have_cases_of_their_own(small: Any, kept: Path) -> None:
    (anna,) = [one for one in small.people if one.name == "Müller Anna"]
    counts: list[int] = []

    def graded(person: Any, exercises: Any) -> None:
        grade(
            [person],
            without_assignment(exercises, "another title"),
            isolation=isolation_here(),
            kept=Kept(kept),
            jobs=1,
            progress=lambda done, count: counts.append(count),
        )

    graded(anna, EXERCISES[:1])
    assert counts.pop() == 0
    graded(anna._replace(id="7"), EXERCISES[:1])
    assert counts.pop() == 1
    graded(anna, [replace(EXERCISES[0], groups=EXERCISES[0].groups[:1] + EXERCISES[1].groups[1:], solution="# other")])
    assert counts.pop() == 1


def test_a_damaged_result_is_graded_again(small: Any, kept: Path) -> None:
    files = sorted(kept.iterdir())
    files[0].write_text('{"verdict": "pass"', encoding="utf-8")
    files[1].write_text('{"verdict": "excellent"}', encoding="utf-8")
    graded, ran = small.again(kept=Kept(kept))
    assert ran == 2 and [one.score for one in graded.students] == [one.score for one in small.graded.students]


def test_a_graders_error_is_no_zero_stops_nobody_and_is_tried_again(
    small: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = batch.mark

    def failing(exercise: Any, submission: Any, **settings: Any) -> Any:
        if exercise.name == "context" and "Müller" in str(submission.path):
            raise RuntimeError("no more processes")
        return marked(exercise, submission, **settings)

    monkeypatch.setattr(batch, "mark", failing)
    graded, _ = small.again(kept=Kept(tmp_path))
    anna = next(one for one in graded.students if one.name == "Müller Anna")
    assert verdicts(anna) == ["grader-error", "pass", "pass"] and not anna.complete
    assert [one.complete for one in graded.students].count(False) == 1
    given = corrected(graded, [Correction("Müller Anna", "context", 3, "seen by eye")])
    assert all(one.complete for one in given.students)
    monkeypatch.setattr(batch, "mark", marked)
    graded, ran = small.again(kept=Kept(tmp_path))
    assert ran == 1 and [one.score for one in graded.students] == [one.score for one in small.graded.students]


def test_a_reader_that_fails_is_the_graders_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "anna.py").write_text(RIGHT, encoding="utf-8")

    def failing(path: Path) -> Any:
        raise RecursionError

    monkeypatch.setattr(handed_in, "read_submission", failing)
    people = without_roster(find([tmp_path], []).students)
    assignment = without_assignment(EXERCISES, "")
    graded = grade(people, assignment, isolation=isolation_here(), kept=Kept(tmp_path / "kept"), jobs=1)
    assert verdicts(graded.students[0]) == ["grader-error"] * 3 and not graded.students[0].complete


def test_corrections_come_last_and_survive_every_grading(small: Any) -> None:
    corrections = [Correction("eve", "softmax_backward", 2.5, "nearly"), Correction("102", "context", 1, "kind")]
    for _ in range(2):
        graded = corrected(small.again()[0], corrections)
        eve = next(one for one in graded.students if one.name == "eve")
        assert eve.score == 2.5 and eve.results[2].verdict == "wrong"
        assert eve.results[2].as_dict()["corrected"] == {"points": 0, "reason": "nearly"}
        assert next(one for one in graded.students if one.number == "102").score == 1


def test_corrections_that_fit_nothing_are_said(small: Any) -> None:
    graded = corrected(small.graded, [Correction("nobody", "context", 1, "x")])
    assert any("nobody" in remark for remark in graded.remarks) and graded.students == small.graded.students
    with pytest.raises(ValueError, match="expected one of context, dot_scores"):
        corrected(small.graded, [Correction("eve", "contxt", 1, "x")])
    twins = replace(small.graded, students=small.graded.students * 2)
    with pytest.raises(ValueError, match="are 2 students"):
        corrected(twins, [Correction("eve", "context", 1, "x")])


def test_who_handed_in_nothing_is_missing_and_who_is_late_is_late(tmp_path: Path) -> None:
    (tmp_path / "anna.py").write_text("x = 1\n", encoding="utf-8")
    people, _ = by_roster(find([tmp_path], []).students, [Enrolled("1", "Anna"), Enrolled("2", "Ben")])
    due = datetime.fromtimestamp((tmp_path / "anna.py").stat().st_mtime, UTC) - timedelta(hours=25, minutes=10)
    assignment = replace(without_assignment(EXERCISES, ""), due=due)
    assert type(assignment.due) is datetime
    anna, ben = grade(people, assignment, isolation=isolation_here(), kept=Kept(tmp_path / "kept"), jobs=1).students
    assert lateness(anna.late) == "late by 1 day and 1 hour, by the file's time" and anna.score == 0
    assert ben.missing and ben.results == () and not anna.missing


def test_the_commonest_mistake_comes_first_with_how_many_made_it(small: Any) -> None:
    first = common_mistakes(small.graded)[0]
    assert (first.exercise, first.code, first.students) == ("softmax_backward", "diagonal-only", 3)
    assert "only k = i" in first.message and first.hint


def test_errors_of_one_kind_are_one_mistake_and_others_are_others(small: Any) -> None:
    eve = small.student("eve")
    messages = ("f raised ValueError: 3 of 4", "f raised ValueError: 5 of 6", "f raised KeyError: 'a'")
    results = [replace(eve.results[2], diagnoses=(Diagnosis("unknown", "", said, "hint"),)) for said in messages]
    students = tuple(replace(eve, results=(result,)) for result in results)
    assert [one.students for one in common_mistakes(replace(small.graded, students=students))] == [2, 1]
