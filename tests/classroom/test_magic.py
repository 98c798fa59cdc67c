"""The cell magic ``%%check``, in IPython as a notebook runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from attention_np import context, softmax_backward
from attention_np.classroom import check_points
from attention_np.classroom.catalogue import exercise_named

NAME = "softmax_backward"
POINTS = exercise_named(NAME).points
HEAD = f"def {NAME}(d_weights, weights, axis=-1):\n"
RIGHT = HEAD + "    return weights * (d_weights - (d_weights * weights).sum(axis, keepdims=True))\n"
WRONG = HEAD + "    return d_weights * weights * (1 - weights)\n"
GOES_ON = f"the next cells use the package's own {NAME}"

Cell = Callable[..., "Shown"]


class Shown:
    """What a cell left: what it printed, and the text and the HTML that it displayed."""

    def __init__(self, printed: str, outputs: list[Any]) -> None:
        self.printed = printed
        self.text = "\n".join(output.data["text/plain"] for output in outputs)
        self.html = "\n".join(output.data.get("text/html", "") for output in outputs)


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    settings = Config()
    settings.HistoryManager.enabled = False
    # A shell puts itself in the place of the program that runs, which later tests start processes from.
    program = sys.modules["__main__"]
    made = InteractiveShell.instance(config=settings)
    made.run_cell("%load_ext attention_np.classroom")
    yield made
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = program


@pytest.fixture
def run(shell: InteractiveShell) -> Cell:
    """Runs a cell in an empty namespace; it must succeed, and print nothing on standard error."""
    shell.reset()

    def cell(source: str, line: str = f"%%check {NAME}") -> Shown:
        with capture_output() as captured:
            done = shell.run_cell(f"{line}\n{source}")
        assert done.success and captured.stderr == ""
        return Shown(captured.stdout, captured.outputs)

    return cell


@pytest.mark.parametrize("source", ["", "\n\n", "# still to be done", exercise_named(NAME).blank], ids=repr)
def test_a_blank_cell_says_so_in_one_line_and_the_package_takes_its_place(run: Cell, shell: Any, source: str) -> None:
    shown = run(source)
    assert shown.text == f"{NAME}: left blank; {GOES_ON}"
    assert GOES_ON.replace("'", "&#x27;") in shown.html
    assert shell.user_ns[NAME] is softmax_backward


def test_a_right_function_stays(run: Cell, shell: Any) -> None:
    assert run(RIGHT).text == f"{NAME}: right, {POINTS} of {POINTS} points"
    assert shell.user_ns[NAME] is not softmax_backward
    assert run("").text == f"{NAME}: right, {POINTS} of {POINTS} points"


def test_a_wrong_function_is_explained_and_the_package_takes_its_place(run: Cell, shell: Any) -> None:
    shown = run(WRONG)
    for said in (shown.text, shown.html):
        assert "wrong" in said and f"0 of {POINTS} points" in said and "diagonal-only" in said
        assert "The smallest case that fails (the worked example)" in said
        assert "yours: d_scores = [[ 0.1875,  0.    ]" in said and "right: d_scores = [[ 0.1875, -0.1875]" in said
        assert "Hint" not in said
    assert GOES_ON in shown.text and shell.user_ns[NAME] is softmax_backward


def test_hints_come_when_they_are_asked_for(run: Cell) -> None:
    hints = exercise_named(NAME).hints
    shown = run(WRONG, f"%%check {NAME} --hint 2")
    for said in (shown.text, shown.html):
        assert "let the" in said and hints[1] in said and hints[0] not in said
    assert run("", f"%%check {NAME} --hint 1").text.splitlines()[1].endswith(hints[0])
    assert hints[0] not in run(RIGHT, f"%%check {NAME} --hint 1").text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (HEAD.replace(":", "", 1), "syntax error in line 2: expected ':'"),
        ("x = 1\n  y = 2", "syntax error in line 3: unexpected indent"),
        ("1 / 0", "raised ZeroDivisionError: division by zero in line 2: `1 / 0`"),
        ("import sys\nsys.exit()", "raised SystemExit in line 3"),
        (f"{NAME} = 3", "of type int, and no function"),
        (HEAD + "    return weights.total\n", "in line 3 of the cell of softmax_backward: `return weights.total`"),
    ],
)
def test_what_does_not_run_is_told_with_its_line(run: Cell, shell: Any, source: str, said: str) -> None:
    shown = run(source)
    assert said in " ".join(shown.text.split()) and f"does not run, 0 of {POINTS} points" in shown.text
    assert shell.user_ns[NAME] is softmax_backward


def test_the_cell_runs_as_any_other(run: Cell, shell: Any) -> None:
    run("helper = 3", "# an earlier cell")
    shown = run("here = %pwd\nprint(helper)\n" + WRONG.replace("1 - ", "helper - ") + "helper + 1")
    assert shown.printed.startswith("3\nOut[") and shown.printed.endswith(": 4\n") and "wrong" in shown.text
    assert Path(shell.user_ns["here"]).is_dir()


def test_what_the_function_prints_is_no_part_of_the_report(run: Cell) -> None:
    noise = "    import sys, warnings\n    print('noise'); print('noise', file=sys.stderr); warnings.warn('noise')\n"
    shown = run(RIGHT.replace(HEAD, HEAD + noise))
    assert shown.printed == "" and shown.text == f"{NAME}: right, {POINTS} of {POINTS} points"


@pytest.mark.parametrize("source", [WRONG, HEAD + "    return weights.total\n", RIGHT])
def test_the_same_cell_shows_the_same_bytes(run: Cell, source: str) -> None:
    first, again = run(source), run(source)
    assert (first.text, first.html) == (again.text, again.html)


def test_a_function_that_is_driven_is_replaced_by_itself(run: Cell, shell: Any) -> None:
    assert "left blank" in run("", "%%check causal_mask").text
    assert shell.user_ns["causal_mask"](2, 3).tolist() == [[True, True, False], [True, True, True]]
    wrong = "import numpy as np\ndef causal_mask(targets, sources):\n    return np.tri(targets, sources) > 0\n"
    assert "the beginnings are aligned" in run(wrong, "%%check causal_mask").text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%%check", "expected %%check NAME"),
        ("%%check contxt", "did you mean context"),
        (f"%%check {NAME} --hint 4", "--hint 1 (2, 3)"),
        (f"%%check {NAME} again", "expected %%check NAME"),
    ],
)
def test_a_line_that_asks_for_nothing_there_is_says_so_and_runs_the_cell(
    run: Cell, shell: Any, line: str, said: str
) -> None:
    shown = run("x = 1", line)
    assert said in shown.printed and shown.text == ""
    assert shell.user_ns["x"] == 1 and NAME not in shell.user_ns


def test_what_was_imported_from_the_package_is_not_taken_for_the_learners(run: Cell) -> None:
    run("from attention_np import softmax_backward", "# an earlier cell")
    assert "left blank" in run("").text


def test_an_earlier_wrong_function_does_not_spoil_the_next(run: Cell, shell: Any) -> None:
    run("def context(weights, values):\n    return 2 * weights @ values\n", "%%check context")
    assert shell.user_ns["context"] is context


def test_the_contract_of_a_hand_out_is_read_from_its_cell(run: Cell, shell: Any) -> None:
    comment = f"# contract of {NAME}: times 3\n"
    assert "constant-factor" in run(comment + RIGHT).text
    # What stands in for it has that contract too, and is not taken for the learner's.
    right = run(comment + RIGHT.replace("return ", "return 3 * "))
    assert right.text == f"{NAME}: right, {POINTS} of {POINTS} points"
    assert run(comment + WRONG).text.startswith(f"{NAME}: wrong") and "left blank" in run(comment).text
    assert "expected a contract that this exercise can have, got 'times 0'" in run(f"# contract of {NAME}: times 0\n{RIGHT}").printed


def test_nbgrader_is_told_a_share_of_the_points(run: Cell) -> None:
    no_axis = RIGHT.replace("sum(axis,", "sum(-1,")
    for source, share in ((RIGHT, 1.0), (WRONG, 0.0), ("", 0.0)):
        run(source)
        assert check_points(NAME, of=24) == 24 * share
    run(no_axis)
    assert 0 < check_points(NAME, of=24) < 24
    with pytest.raises(ValueError, match="dot_scores was not checked"):
        check_points("dot_scores", of=8)


def test_the_html_is_well_formed_and_says_every_verdict_in_words(run: Cell) -> None:
    html = run(WRONG).html
    opened: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: Any) -> None:
            opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            while opened.pop() != tag:
                assert opened

    Reader().feed(html)
    assert [tag for tag in opened if tag != "br"] == []
    assert "✗ wrong" in html and "color:#000" not in html and "http" not in html.replace("http://www.w3.org/2000/svg", "")
