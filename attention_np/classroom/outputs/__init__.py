"""What becomes of a graded class: tables, JSON, pages, and the files that other platforms read."""

from __future__ import annotations

from .as_json import class_json
from .gradescope import gradescope_json
from .pages import write_pages
from .tables import PLATFORMS, class_csv
from .words import class_lines

__all__ = ["PLATFORMS", "class_csv", "class_json", "class_lines", "gradescope_json", "write_pages"]
