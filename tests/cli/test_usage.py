"""How the command is called: help, wrong usage, and options in the wrong place."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

import attention_np
from attention_np.cli.tasks import COMMANDS

SUBCOMMANDS = ("train", "summarize", "evaluate", "exercises", "assignment", "grade", "where", "bench")


@pytest.mark.parametrize("task", [command.name for command in COMMANDS])
@pytest.mark.parametrize("subcommand", ["train", "evaluate"])
def test_help_of_a_task_shows_an_example_of_it(fresh_run: Any, subcommand: str, task: str) -> None:
    done = fresh_run(subcommand, task, "--help")
    assert done.status == 0 and done.err == ""
    assert f"example: attention-np {subcommand} {task}" in done.out


@pytest.mark.parametrize("subcommand", [None, *SUBCOMMANDS])
def test_help_shows_an_example_that_can_be_copied(fresh_run: Any, subcommand: str | None) -> None:
    done = fresh_run(*([] if subcommand is None else [subcommand]), "--help")
    assert done.status == 0 and done.err == ""
    example = done.out.rstrip().splitlines()[-1]
    assert example.startswith(f"example: attention-np {subcommand or '--quick'}")


def test_the_module_and_the_console_script_are_the_same_command() -> None:
    module = subprocess.run([sys.executable, "-m", "attention_np", "--version"], capture_output=True, text=True)
    assert (module.returncode, module.stdout) == (0, f"attention-np {attention_np.__version__}\n")
    scripts = Path(sysconfig.get_path("scripts")).glob("attention-np*")
    for script in scripts:
        done = subprocess.run([script, "--version"], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, module.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "'bogus'"),
        (["--minutes", "nan"], "--minutes: expected a number above 0, got nan"),
        (["--minutes", "inf"], "--minutes: expected a number above 0, got inf"),
        (["--minutes=-2"], "--minutes: expected a number above 0, got -2"),
        (["train", "summaries", "--minutes", "0"], "--minutes: expected a number above 0, got 0"),
        (["train", "summaries", "--minutes", "soon"], "'soon'"),
        (["--score", "tanimoto"], "'tanimoto'"),
        (["train", "numbers", "--seed", "-1"], "--seed: expected a whole number of at least 0, got -1"),
        (["train"], "task"),
        (["train", "poems"], "'poems'"),
        (["evaluate", "poems"], "'poems'"),
        (["evaluate"], "task"),
        (["evaluate", "numbers"], "train one: attention-np train numbers"),
        (["train", "numbers", "--score", "tanimoto"], "'tanimoto'"),
        (["summarize", "two words", "--seed", "1"], "--seed"),
        (["summarize"], "--object"),
        (["summarize", "two words", "--object", "textwrap.wrap"], "--object"),
        (["summarize", "two words", "--beams", "0"], "--beams"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(fresh_run: Any, arguments: list[str], said: str) -> None:
    assert said in fresh_run(*arguments).complaint


@pytest.mark.parametrize(
    "arguments",
    [["--seed", "3", "train", "numbers"], ["--out", "elsewhere", "train", "summaries"], ["--json", "where"]],
)
def test_options_before_a_subcommand_are_refused_not_overwritten(fresh_run: Any, arguments: list[str]) -> None:
    assert "options go behind the subcommand" in fresh_run(*arguments).complaint


def test_an_unknown_package_is_named_and_an_earlier_training_stays_where_it_is(fresh_run: Any, tmp_path: Path) -> None:
    training = tmp_path / "training.npz"
    training.write_bytes(b"hours of work")
    arguments = ["train", "summaries", "--from", "no_such_package", "--out", str(tmp_path)]
    assert "no_such_package" in fresh_run(*arguments).complaint
    assert training.read_bytes() == b"hours of work"


@pytest.mark.parametrize("before", [[], ["train", "numbers"], ["train", "summaries"]])
def test_an_output_folder_that_is_a_file_is_refused(fresh_run: Any, tmp_path: Path, before: list[str]) -> None:
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    assert f"--out: {file} is a file" in fresh_run(*before, "--out", str(file)).complaint
    assert file.read_text(encoding="utf-8") == "mine"
