"""Corrections by hand: applied last, so that they survive every grading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .lists import Correction
from .result import Class


def corrected(graded: Class, corrections: Sequence[Correction]) -> Class:
    """The class with the teacher's points; what fits nobody is said in a remark.

    Raises
    ------
    ValueError
        If an exercise is none of these, or a student's name is that of several.
    """
    students, remarks = list(graded.students), list(graded.remarks)
    for correction in corrections:
        if correction.exercise not in graded.exercises:
            known = ", ".join(graded.exercises)
            raise ValueError(f"--corrections: exercise: expected one of {known}, got {correction.exercise!r}")
        places = [
            place
            for place, one in enumerate(students)
            if correction.student in ([one.id] if one.id == correction.student else [one.name, one.number])
        ]
        if len(places) > 1:
            raise ValueError(f"--corrections: student: {correction.student!r} are {len(places)} students; give the id")
        if not places or students[places[0]].missing:
            remarks.append(f"A correction for {correction.student} was not used: nothing of theirs was graded.")
            continue
        student = students[places[0]]
        results = tuple(
            replace(one, correction=correction) if one.name == correction.exercise else one for one in student.results
        )
        students[places[0]] = replace(student, results=results)
    return replace(graded, students=tuple(students), remarks=tuple(remarks))
