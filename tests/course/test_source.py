"""The percent format: three kinds of cells, and errors that name the line."""

from __future__ import annotations

import ast

import pytest

from attention_np.classroom.catalogue import exercise_named, exercises
from attention_np.course.building.notebook import notebook_of
from attention_np.course.building.source import parse

SOURCE = """\
# %% [markdown]
# # 00 · Title
#
# Text with `# %%` in it.

# %%
%load_ext attention_np.classroom
x = 1  # %% not at the start of a line


y = 2

# %% tags=["timing"]
print(x)

# %% [exercise] softmax_backward
"""


def test_cells_are_cut_with_their_kinds_tags_and_lines() -> None:
    cells = parse(SOURCE, "00.py")
    assert [(cell.kind, cell.tags, cell.line) for cell in cells] == [
        ("markdown", (), 1),
        ("code", (), 6),
        ("code", ("timing",), 13),
        ("exercise", (), 16),
    ]
    assert cells[0].text == "# 00 · Title\n\nText with `# %%` in it."
    assert cells[1].text == "%load_ext attention_np.classroom\nx = 1  # %% not at the start of a line\n\n\ny = 2"
    assert cells[3].text == "softmax_backward"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x = 1\n", "n.py: expected a cell's head, # %%, in the first line"),
        ("x = 1\n# %%\n", "n.py: expected a cell's head, # %%, in the first line"),
        ("# %% [markdown]\n# Text\nText\n", "n.py, line 3: expected a line of Markdown behind '# ', got Text"),
        ("# %%\n\n# %% [raw]\n", r"n.py, line 3: expected # %%, .*, got # %% \[raw\]"),
        ("# %% [exercise]\n", "n.py, line 1: expected # %%"),
        ("# %% a title\n", "n.py, line 1: expected # %%"),
        ("# %% [exercise] softmax\nx = 1\n", "n.py, line 1: expected no text under an exercise"),
        ('# %% tags=["slow"]\n', "n.py, line 1: expected no tag but timing and machine, got slow"),
    ],
)
def test_what_has_no_place_is_refused_with_its_line(source: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(source, "n.py")


def test_an_exercise_becomes_question_blank_and_folded_answers_all_from_the_catalogue() -> None:
    asked, blank, folded = notebook_of(parse("# %% [exercise] softmax_backward\n", "n.py")).notebook.cells
    exercise = exercise_named("softmax_backward")
    assert exercise.title in asked.source and exercise.statement in asked.source
    assert "→ d_scores = " in asked.source and f"{exercise.difficulty} of 5" in asked.source
    assert blank.source == f"%%check softmax_backward\n{exercise.blank.strip()}"
    assert folded.source.count("<details>") == folded.source.count("</details>") == 4
    assert exercise.solution.strip() in folded.source
    assert "Hint 3 of 3" in folded.source


def test_every_blank_of_the_catalogue_can_stand_in_a_cell() -> None:
    for exercise in exercises():
        cell = notebook_of(parse(f"# %% [exercise] {exercise.name}\n", "n.py")).notebook.cells[1]
        head, body = cell.source.split("\n", 1)
        assert head == f"%%check {exercise.name}"
        ast.parse(body)


def test_an_unknown_exercise_is_refused() -> None:
    with pytest.raises(ValueError, match="there is none called 'softmaxx'; did you mean"):
        notebook_of(parse("# %% [exercise] softmaxx\n", "n.py"))


def test_ids_follow_from_the_content_and_stay_when_another_cell_comes_before() -> None:
    before = notebook_of(parse(SOURCE, "n.py")).notebook.cells
    after = notebook_of(parse("# %%\nz = 0\n\n" + SOURCE, "n.py")).notebook.cells
    assert [cell.id for cell in before] == [cell.id for cell in after[1:]]
    assert len({cell.id for cell in after}) == len(after)
    twice = notebook_of(parse("# %%\nx\n\n# %%\nx\n", "n.py")).notebook.cells
    assert twice[1].id == f"{twice[0].id}-2"
