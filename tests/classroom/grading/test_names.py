"""Whose a file is, by the names that platforms and people give."""

from __future__ import annotations

import pytest

from attention_np.classroom.grading.names import Whose, plain, whose


@pytest.mark.parametrize(
    ("name", "folder", "expected"),
    [
        ("Surname Firstname_12345_assignsubmission_file_", True, Whose("Surname Firstname", "12345", platform=True)),
        ("O'Neil, Zoë_7_assignsubmission_file_hw.py", False, Whose("O'Neil, Zoë", "7", platform=True)),
        ("Participant_77_assignsubmission_file_", True, Whose("Participant 77", "77", platform=True)),
        ("smithanna_late_1234_5678_hw-2.py", False, Whose("smithanna", "1234", True, 2, True)),
        ("smithanna_1234_5678_my_own_work.ipynb", False, Whose("smithanna", "1234", platform=True)),
        ("anna smith.py", False, Whose("anna smith")),
        ("v1.2 anna", True, Whose("v1.2 anna")),
        ("=cmd|' /C calc'!A0.py", False, Whose("=cmd|' /C calc'!A0")),
    ],
)
def test_a_name_says_whose_it_is(name: str, folder: bool, expected: Whose) -> None:
    assert whose(name, folder=folder) == expected


def test_a_name_is_one_line_that_steers_no_terminal() -> None:
    assert plain("a\x1b[31m\nb\u202ec\t d") == "a\ufffd[31m b\ufffdc d"
    assert plain("Mu\u0308ller") == "Müller"
    assert plain("\n") == "(no name)"
    assert "\udcff" not in plain("caf\udcff")
