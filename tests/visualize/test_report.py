"""The HTML report: complete in one file, safe with any text, the same each time, and true to its weights."""

import base64
import hashlib
import json
import os
import re
import struct
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.visualize.report import (
    Curve,
    Example,
    Image,
    Section,
    Table,
    render_report,
    write_report,
)

NASTY = '</script><img src=x onerror="alert(1)">&amp;\'"<!--]]>\u2028'
VOID = {"meta", "link", "img", "input", "br"}


class Page(HTMLParser):
    """Reads a page into its elements, their text and its nesting errors."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.errors = [], [], []
        self.feed(page)
        self.close()
        self.errors += [f"not closed: {element['tag']}" for element in self.open]

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", **{name: value or "" for name, value in attributes}}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append({"tag": tag, "text": "", **dict(attributes)})

    def handle_endtag(self, tag):
        if not self.open or self.open[-1]["tag"] != tag:
            self.errors.append(f"</{tag}> closes {self.open[-1]['tag'] if self.open else 'nothing'}")
        else:
            self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, **attributes):
        return [
            element
            for element in self.elements
            if element["tag"] == tag and all(element.get(name) == value for name, value in attributes.items())
        ]


def png(width=7, height=5):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(range(width)) for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def example(name="numpy.linalg.norm", rows=3, columns=5, seed=0, **changes):
    rng = np.random.default_rng(seed)
    fields = {
        "name": name,
        "source": [f"source{index}" for index in range(columns)],
        "generated": [f"word{index}" for index in range(rows)],
        "weights": rng.dirichlet(np.full(columns, 0.4), size=rows),
        "copied": [index % 2 == 1 for index in range(rows)],
        "reference": "Matrix or vector norm.",
        "generated_text": "Return the norm.",
        "score": 0.4267,
        "baselines": {"lead": "This function is able to", "template": "Return the norm."},
    }
    return Example(**{**fields, **changes})


def section(**changes):
    fields = {
        "title": "Act two",
        "paragraphs": ["It is often wrong."],
        "tables": [
            Table("Scores", ["System", "ROUGE-L"], [["model", "28.9 [27.8, 30.1]"], ["lead", "18.0"]], "F1")
        ],
        "curves": [Curve("Loss", "updates", "nats", {"training": ([0, 1, 2], [7.0, 4.0, 3.5])})],
        "images": [Image(png(), "A heatmap.", "Where it looked.")],
        "examples": [example(), example("os.path.join", 2, 6, seed=1, score=0.0)],
        "drawn": "2 of 740 pairs, drawn at random with seed 3",
    }
    return Section(**{**fields, **changes})


def render(*sections, facts=None):
    return render_report("A report", sections or [section()], facts or {"Seed": "3"})


def weights_of(page):
    return [
        json.loads(script["text"])["thousandths"] for script in page.all("script", type="application/json")
    ]


def test_every_element_is_closed_and_every_id_is_unique():
    page = Page(render(section(), section(title="Act one")))
    assert page.errors == []
    ids = [element["id"] for element in page.elements if "id" in element]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(element.get(name, "").split()) <= set(ids)
    assert {link["href"] for link in page.all("a")} == {"#section-1", "#section-2"}


def test_the_same_arguments_give_the_same_page():
    assert render() == render()


def test_nothing_in_the_page_leads_out_of_it():
    page = Page(render())
    addresses = [
        element[name]
        for element in page.elements
        for name in ("src", "href", "action", "poster")
        if name in element
    ]
    assert addresses and all(address.startswith(("data:", "#")) for address in addresses)
    style, script = page.all("style")[0]["text"], page.all("script")[-1]["text"]
    assert not re.search(r"url\(|@import|https?:", style)
    assert not re.search(r"https?:|fetch\(|XMLHttpRequest|import\(|WebSocket|sendBeacon", script)
    # SVG inside HTML needs no name space address either.
    assert "http://" not in render() and "https://" not in render()


def test_the_policy_forbids_the_network_and_every_script_but_the_pages_own():
    page = Page(render())
    (policy,) = [
        meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    (script,) = [script for script in page.all("script") if "type" not in script]
    digest = base64.b64encode(hashlib.sha256(script["text"].encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"


def test_no_text_from_outside_becomes_markup():
    nasty = Section(
        title=NASTY,
        paragraphs=[NASTY],
        tables=[Table(NASTY, [NASTY, "n"], [[NASTY, NASTY]], NASTY)],
        curves=[Curve(NASTY, NASTY, NASTY, {NASTY: ([0, 1], [2, 3])})],
        images=[Image(png(), NASTY, NASTY)],
        examples=[
            example(
                NASTY,
                source=[NASTY] * 5,
                generated=[NASTY] * 3,
                reference=NASTY,
                generated_text=NASTY,
                baselines={NASTY: NASTY},
            )
        ],
        drawn=NASTY,
        score_name=NASTY,
    )
    page = Page(render_report(NASTY, [nasty], {NASTY: NASTY}))
    harmless = Page(render(section(examples=[example()])))
    assert page.errors == []
    assert len(page.all("script")) == len(harmless.all("script")) == 2
    assert len(page.all("img")) == 1 and page.all("img")[0]["alt"] == NASTY
    assert not any(name.startswith("on") for element in page.elements for name in element)
    assert [heading["text"] for heading in page.all("h1") + page.all("h2")[:1] + page.all("h3")] == [
        NASTY
    ] * 3
    assert [word["text"] for word in page.all("span", **{"class": "word"})].count(NASTY) == 5 + 2


@given(words=st.lists(st.text(), min_size=1, max_size=4))
@settings(deadline=None, max_examples=40)
def test_any_word_comes_out_as_it_went_in_but_for_what_html_cannot_hold(words):
    words = [*words, "\x00\x1b", "\ud800", "\u202e", "\x85", "a\r\nb"]
    weights = np.random.default_rng(0).dirichlet(np.ones(len(words)), size=3)
    text = render(section(examples=[example(source=words, weights=weights)]))
    text.encode("utf-8")
    shown = [span["text"] for span in Page(text).all("span", **{"class": "word"})][-len(words) :]
    unprintable = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
    assert shown == [unprintable.sub("\ufffd", word) for word in words]


def test_the_weights_come_back_from_the_page_rounded_to_three_digits():
    examples = [example(rows=4, columns=9, seed=5), example(rows=2, columns=3, seed=6)]
    (stored,) = weights_of(Page(render(section(examples=examples))))
    for rows, original in zip(stored, examples, strict=True):
        assert np.shape(rows) == original.weights.shape
        np.testing.assert_allclose(np.array(rows) / 1000, original.weights, atol=5.0001e-4, rtol=0)


def test_each_section_keeps_the_weights_of_its_own_examples():
    first, second = example(seed=1), example(rows=2, columns=4, seed=2)
    stored = weights_of(Page(render(section(examples=[first]), section(examples=[second]))))
    assert [np.shape(weights) for weights in stored] == [(1, 3, 5), (1, 2, 4)]


def test_without_a_script_every_example_is_there_with_a_table_of_where_it_looked():
    weights = np.array([[0.1, 0.625, 0.25, 0.02, 0.005], [0, 0, 0, 0, 0], [0.2, 0.2, 0.2, 0.2, 0.2]])
    page = Page(render(section(examples=[example(weights=weights)])))
    (article,) = page.all("article")
    assert "hidden" not in article
    for expected in ("Matrix or vector norm.", "This function is able to", "42.7"):
        assert expected in article["text"]
    assert "“source1” 0.625, “source2” 0.250, “source0” 0.1000.025" in article["text"]
    assert "word1copiednothing0.000" in article["text"]
    assert all(
        "hidden" in element for element in page.elements if "scripted" in element.get("class", "").split()
    )
    assert page.all("noscript")


def test_copied_words_are_marked_and_no_others():
    page = Page(render(section(examples=[example(copied=[False, True, True])])))
    marked = [span["text"] for span in page.all("span", **{"class": "word copied"})]
    assert marked == ["Dotted underline", "word1", "word2"]


def test_examples_stand_in_the_order_drawn_and_the_page_says_how_they_were_drawn():
    names = ["worst", "best", "middle"]
    examples = [example(name, score=score) for name, score in zip(names, (0.0, 1.0, 0.3), strict=True)]
    page = Page(render(section(examples=examples)))
    assert [heading["text"] for heading in page.all("h3")] == names
    assert [float(article["data-score"]) for article in page.all("article")] == [0.0, 1.0, 0.3]
    text = page.all("main")[0]["text"]
    assert "drawn at random with seed 3. Their ROUGE-L: median 30.0, lowest 0.0, highest 100.0" in text
    (pressed,) = page.all("button", **{"aria-pressed": "true"})
    assert pressed["data-order"] == "drawn"


def test_an_example_without_words_says_that_nothing_was_written():
    empty = example(generated=[], weights=np.zeros((0, 5)), copied=[], generated_text="", baselines={})
    page = Page(render(section(examples=[empty])))
    assert page.errors == []
    assert [element["text"] for element in page.all("p", **{"class": "words generated"})] == ["nothing"]
    assert "Baselines" not in page.all("article")[0]["text"]


def test_tables_head_their_rows_and_set_numbers_flush_right():
    page = Page(render(section(examples=[])))
    assert [cell["text"] for cell in page.all("th", scope="row")] == ["model", "lead"]
    assert all("class" not in cell for cell in page.all("th", scope="row"))
    assert [cell["text"] for cell in page.all("td", **{"class": "number"})] == ["28.9 [27.8, 30.1]", "18.0"]


def test_images_come_back_bit_for_bit_with_their_size_and_description():
    (image,) = Page(render(section(images=[Image(png(12, 4), "Alt & text", "Caption")]))).all("img")
    assert base64.b64decode(image["src"].removeprefix("data:image/png;base64,")) == png(12, 4)
    assert (image["width"], image["height"], image["alt"]) == ("12", "4", "Alt & text")


def test_two_hundred_examples_stay_below_two_megabytes():
    examples = [
        example(
            f"package.module.function_{index}",
            rows=16,
            columns=60,
            seed=index,
            weights=np.random.default_rng(index).dirichlet(np.full(60, 5.0), size=16),
            copied=[False] * 16,
        )
        for index in range(200)
    ]
    assert len(render(section(examples=examples)).encode()) < 2_000_000


def test_a_curve_has_axes_labels_and_lines_told_apart_by_dash_marker_and_name():
    steps = list(range(0, 400, 10))
    series = {f"line {index}": (steps, [index + 5.0 / (1 + step) for step in steps]) for index in range(6)}
    page = Page(render(section(curves=[Curve("Loss", "updates", "nats a word", series)], examples=[])))
    (svg,) = page.all("svg", **{"class": "curve"})
    title, description = svg["aria-labelledby"].split()
    assert page.all("title", id=title)[0]["text"] == "Loss"
    assert "line 2: from 7 at 0 to 2.013 at 390" in page.all("desc", id=description)[0]["text"]
    lines = page.all("path", **{"class": "line"})[:6]
    assert len({line.get("stroke-dasharray", "") for line in lines}) == 6
    markers = page.all("path", **{"class": "marker"})[:6]
    assert len({re.sub(r"M[\d. ]+", "", marker["d"])[:12] for marker in markers}) == 6
    labels = [text["text"] for text in page.all("text", **{"class": "axis-label"})]
    assert labels == ["updates", "nats a word"]
    names = page.all("text", **{"class": "name"})
    assert sorted(name["text"] for name in names) == sorted(series)
    assert [item["text"] for item in page.all("li") if item["text"] in series] == list(series)


@pytest.mark.parametrize("last", [0.0, 4.0, 9.0])
def test_the_names_of_lines_that_end_together_do_not_overlap(last):
    series = {f"line {index}": ([0, 1], [9 - last, last + index / 100]) for index in range(6)}
    page = Page(render(section(curves=[Curve("c", "x", "y", series)], examples=[])))
    heights = [float(name["y"]) for name in page.all("text", **{"class": "name"})]
    assert heights == sorted(heights, reverse=True)
    assert max(np.diff(heights)) <= -15.9
    (axes,) = [path["d"] for path in page.all("path", **{"class": "axis"}) if "H" in path["d"]]
    top, bottom = map(float, re.fullmatch(r"M.+ (.+)V(.+)H.+", axes).groups())
    assert top < heights[-1] and heights[0] < bottom + 1


@given(points=st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=1, max_size=12))
@settings(deadline=None, max_examples=150)
def test_every_point_of_a_curve_lies_within_its_axes(points):
    xs, ys = zip(*points, strict=True)
    page = Page(render(section(curves=[Curve("c", "x", "y", {"s": (xs, ys)})], examples=[])))
    (axes,) = [path for path in page.all("path", **{"class": "axis"}) if "H" in path["d"]]
    left, top, bottom, right = map(float, re.fullmatch(r"M(.+) (.+)V(.+)H(.+)", axes["d"]).groups())
    drawn = re.findall(r"(-?[\d.]+) (-?[\d.]+)", page.all("path", **{"class": "line"})[0]["d"])
    assert len(drawn) == len(points)
    for x, y in drawn:
        assert left - 0.06 <= float(x) <= right + 0.06 and top - 0.06 <= float(y) <= bottom + 0.06
    numbers = [text["text"] for text in page.all("text", **{"text-anchor": "end"})]
    assert len(numbers) >= 2


def test_axis_numbers_are_round_and_differ():
    curve = Curve("c", "x", "y", {"s": ([0, 1600], [0.00021, 0.00098])})
    page = Page(render(section(curves=[curve], examples=[])))
    assert [text["text"] for text in page.all("text", **{"text-anchor": "end"})] == [
        "0.0002", "0.0004", "0.0006", "0.0008", "0.0010",
    ]  # fmt: skip
    middle = [text["text"] for text in page.all("text", **{"text-anchor": "middle"}) if "class" not in text]
    assert middle == ["0", "500", "1,000", "1,500"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"weights": np.ones((5, 3)) / 5},
            ValueError,
            r"weights of example 'numpy.*\(3, 5\), got \(5, 3\); this is the tr",
        ),
        ({"weights": np.ones((3, 4)) / 4}, ValueError, r"weights of example .*\(3, 5\), got \(3, 4\)$"),
        ({"weights": np.full((3, 5), np.nan)}, ValueError, r"weights of .* in \[0, 1\], got nan at \(0, 0\)"),
        ({"weights": np.eye(3, 5) * 1.01}, ValueError, r"weights of .* in \[0, 1\], got 1.01 at \(0, 0\)"),
        ({"weights": -np.eye(3, 5, 2)}, ValueError, r"weights of .* in \[0, 1\], got -1.0 at \(0, 2\)"),
        ({"copied": [True]}, ValueError, "copied of example .*each of the 3 generated words, got 1"),
        ({"score": 42.7}, ValueError, "score of example .*from 0 to 1, got 42.7; divide percent by 100"),
        ({"score": float("nan")}, ValueError, "score of example .*got nan"),
        ({"source": "words"}, TypeError, "source of example .*sequence of words"),
        ({"generated": "abc"}, TypeError, "generated of example .*sequence of words"),
    ],
)
def test_an_example_that_does_not_fit_is_refused_by_name(changes, error, message):
    with pytest.raises(error, match=message):
        example(**changes)


def test_a_weight_one_rounding_above_one_is_accepted():
    weights = np.zeros((3, 5), np.float32)
    weights[:, 1] = np.nextafter(np.float32(1), np.float32(2))
    (stored,) = weights_of(Page(render(section(examples=[example(weights=weights)]))))
    assert stored[0] == [[0, 1000, 0, 0, 0]] * 3


def test_other_parts_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ValueError, match=r"row 1 of table 'T': expected 2 cells \(a, b\), got \['1'\]"):
        Table("T", ["a", "b"], [["1", "2"], ["1"]])
    with pytest.raises(ValueError, match="png of image 'C'.*b'GIF89a'"):
        Image(b"GIF89a", "alt", "C")
    with pytest.raises(ValueError, match="alt of image 'C'"):
        Image(png(), " ", "C")
    with pytest.raises(ValueError, match="drawn of section 'Act two'.*seed"):
        section(drawn="")
    with pytest.raises(TypeError, match="paragraphs of section 'Act two'"):
        section(paragraphs="One string.")
    with pytest.raises(ValueError, match="sections: expected at least one"):
        render_report("A report", [], {})


def test_a_curve_that_cannot_be_drawn_is_refused_by_name():
    with pytest.raises(ValueError, match="series 'a' of curve 'C'.*2 x and 1 y"):
        Curve("C", "x", "y", {"a": ([1, 2], [3])})
    with pytest.raises(ValueError, match="series 'a' of curve 'C'.*got none"):
        Curve("C", "x", "y", {"a": ([], [])})
    with pytest.raises(ValueError, match=r"series 'b' of curve 'C'.*got \(2, inf\) at point 1"):
        Curve("C", "x", "y", {"a": ([1], [3]), "b": ([1, 2], [3, float("inf")])})
    for count in (0, 7):
        with pytest.raises(ValueError, match=f"series of curve 'C': expected 1 to 6.*got {count}"):
            Curve("C", "x", "y", {str(index): ([1], [3]) for index in range(count)})


def test_a_report_is_written_whole_in_utf_8_over_the_old_one(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    write_report(path, "β = 1", [section()], {"Seed": "3"})
    assert path.read_bytes().decode("utf-8") == render_report("β = 1", [section()], {"Seed": "3"})
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_report_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_report(path, "new", [section()], {})
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["report.html"]
