"""The pages of a graded class: one for the teacher, and one for each student with nothing of the others in it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from unicodedata import combining, normalize

from ..files import write_text
from ..grading.result import Class, Graded
from .class_page import class_page
from .student_page import student_page

_LONGEST = 40


def write_pages(graded: Class, place: Path) -> Path:
    """Write the class's page, and beside it a folder with the students'; give the class's.

    Parameters
    ----------
    graded : Class
    place : Path
        The page's file, if it ends in .html or .htm; else a folder for it, made when missing.
    """
    page = place if place.suffix.lower() in (".html", ".htm") else place / "class.html"
    folder = page.with_name(f"{page.stem}-students")
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for student in graded.students:
        name = _file_name(student)
        write_text(folder / name, student_page(student, graded))
        links.append(f"{folder.name}/{name}")
    write_text(page, class_page(graded, links))
    return page


def _file_name(student: Graded) -> str:
    """Letters that every system and address takes, and a hash that keeps two students apart."""
    plain = "".join(one for one in normalize("NFKD", student.name.lower()) if not combining(one))
    letters = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST].strip("-")
    known = repr((student.name, student.id, student.number)).encode("utf-8", "surrogatepass")
    return f"{letters or 'student'}-{hashlib.sha256(known).hexdigest()[:8]}.html"
