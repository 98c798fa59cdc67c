"""Files of pairs are read whatever made them, and what is wrong with one is said by the line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.tasks.pairs.reading import read_pairs, shared_sources
from attention_np.tasks.pairs.units import UNITS, join_units, split_units, words_of

ROWS = [("cześć", "t͡ʂ ɛ ɕ t͡ɕ"), ("ő", "øː"), ("日本", "n i h o ɴ")]


def write(path, rows=ROWS, encoding="utf-8", end="\n", last=True):
    text = end.join(f"{source}\t{target}" for source, target in rows) + (end if last else "")
    path.write_bytes(text.encode(encoding))
    return path


def phones(path, **options):
    return read_pairs(path, source_units="characters", target_units="phones", **options)


@pytest.mark.parametrize("last", [True, False], ids=["ended", "not ended"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_mark_and_all_line_ends_give_the_same_pairs(tmp_path, encoding, end, last):
    read = phones(write(tmp_path / "a.tsv", encoding=encoding, end=end, last=last))
    assert [("".join(pair.source), " ".join(pair.target)) for pair in read.pairs] == ROWS
    assert [pair.line for pair in read.pairs] == [1, 2, 3]
    assert read.encoding == encoding and read.bad == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1250"])
def test_an_encoding_without_a_mark_has_to_be_named(tmp_path, encoding):
    path = write(tmp_path / "a.tsv", [("őz", "ő z"), ("ház", "h á z")], encoding)
    with pytest.raises(ValueError, match="--encoding"):
        phones(path)
    assert ["".join(source) for source in phones(path, encoding=encoding).sources] == ["őz", "ház"]


def test_a_mark_is_no_character_where_the_encoding_is_named_too(tmp_path):
    path = write(tmp_path / "a.tsv", encoding="utf-8-sig")
    assert phones(path, encoding="utf-8").sources[0] == list("cześć")


BAD = b"good\tg u d\na\tb\tc\n\nalone\n\tno source\nno target\t  \n\xff\xfe\tx\n  fine \t f aj n \nx\t<pad> y\n"
REASONS = {
    2: "3 columns instead of 2",
    3: "empty",
    4: "1 column instead of 2",
    5: "no source",
    6: "no target",
    7: "no text in utf-8",
    9: "<pad> is a name that the vocabulary needs for itself",
}


def test_bad_rows_are_counted_and_shown_by_line_and_refused(tmp_path):
    (tmp_path / "a.tsv").write_bytes(BAD)
    with pytest.raises(ValueError) as refused:
        phones(tmp_path / "a.tsv")
    message = str(refused.value)
    assert "7 of 9 rows are bad" in message
    for line in (2, 3, 4, 5, 6):
        assert f"line {line}: {REASONS[line]}" in message
    assert "and 2 more" in message and "--bad-rows skip" in message


def test_bad_rows_are_left_out_where_that_is_asked_for(tmp_path):
    (tmp_path / "a.tsv").write_bytes(BAD)
    read = phones(tmp_path / "a.tsv", bad_rows="skip")
    assert {row.line: row.reason for row in read.bad} == REASONS
    assert [(pair.line, "".join(pair.source), pair.target) for pair in read.pairs] == [
        (1, "good", ["g", "u", "d"]),
        (8, "fine", ["f", "aj", "n"]),
    ]


@pytest.mark.parametrize("contents", [b"", b"\n", b"no tab\n"])
def test_a_file_without_a_pair_is_refused_even_where_bad_rows_are_skipped(tmp_path, contents):
    (tmp_path / "a.tsv").write_bytes(contents)
    with pytest.raises(ValueError, match="a.tsv"):
        phones(tmp_path / "a.tsv", bad_rows="skip")


@pytest.mark.parametrize("encoding", ["utf-9", "base64"])
def test_an_encoding_that_is_none_is_refused(tmp_path, encoding):
    with pytest.raises(ValueError, match=f"encoding: .*got '{encoding}'"):
        phones(write(tmp_path / "a.tsv"), encoding=encoding)


def test_only_the_three_ends_of_a_line_end_it(tmp_path):
    rows = [("a\u2028b", "x\x0by"), ("c\x85d", "z")]
    assert len(read_pairs(write(tmp_path / "a.tsv", rows)).pairs) == 2


def test_sources_that_were_learned_are_counted(tmp_path):
    train = read_pairs(write(tmp_path / "a.tsv", [("ab", "1"), ("c", "2")]))
    other = read_pairs(write(tmp_path / "b.tsv", [("ab", "1"), ("ab", "3"), ("d", "2")]))
    assert shared_sources(train, other) == 2


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXT, st.sampled_from(UNITS))
def test_units_are_joined_again_with_single_blanks(text, units):
    joined = join_units(split_units(text, units), units)
    assert joined == (text if units == "characters" else " ".join(text.split()))


def test_phones_make_one_word_and_all_else_those_between_blanks():
    assert words_of(["t", "aː"], "phones") == ["t aː"]
    assert words_of(list("ab c"), "characters") == words_of(["ab", "c"], "words") == ["ab", "c"]
