"""A graded class as JSON."""

from __future__ import annotations

import json
from typing import Any

from ..grading.mistakes import common_mistakes
from ..grading.result import Class, Graded


def class_json(graded: Class) -> str:
    """The whole class; an incomplete student's score is what is known of it, and says so."""
    content = {
        "title": graded.title,
        "isolation": graded.isolation,
        "submissions": [_student(student) for student in graded.students if not student.missing],
        "missing": [{"student": student.name, "id": student.id} for student in graded.students if student.missing],
        "common_mistakes": [mistake._asdict() for mistake in common_mistakes(graded)],
        "similarity": [likeness._asdict() for likeness in graded.likenesses],
        "remarks": list(graded.remarks),
    }
    return json.dumps(content, indent=1) + "\n"


def _student(student: Graded) -> dict[str, Any]:
    return {
        "student": student.name,
        "id": student.id or student.number,
        "email": student.email,
        "file": student.file,
        "score": student.score,
        "max_score": student.max_score,
        "complete": student.complete,
        "late_seconds": None if student.late is None else round(student.late.total_seconds()),
        "late": student.late is not None,
        "notes": list(student.notes),
        "exercises": [result.as_dict() for result in student.results],
    }
