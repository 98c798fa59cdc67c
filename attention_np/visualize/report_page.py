"""The parts of a report as HTML that can be read without JavaScript; the page's script only adds to it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence

import numpy as np

from .curves import Curve, curve_svg, legend_key
from .markup import text
from .report_parts import Example, Image, Section, Table, score_text, strongest, thousandths

NUMBER = re.compile(r"[+\-−±]?\.?\d.*|[—–-]?")
ORDERS = {"drawn": "As drawn", "best": "Best first", "worst": "Worst first", "shuffled": "Shuffle"}
STRONGEST = 3


def section_html(section: Section, identity: str) -> str:
    """One section: heading, paragraphs, tables, curves, pictures, examples."""
    parts = [f'<section id="{identity}" aria-labelledby="{identity}-heading">']
    parts.append(f'<h2 id="{identity}-heading">{text(section.title)}</h2>')
    parts += [f"<p>{text(paragraph)}</p>" for paragraph in section.paragraphs]
    parts += [table_html(table) for table in section.tables]
    if section.curves:
        charts = [curve_html(curve, f"{identity}-curve-{n}") for n, curve in enumerate(section.curves, 1)]
        parts.append("\n".join(['<div class="curves">', *charts, "</div>"]))
    parts += [image_html(image) for image in section.images]
    if section.examples:
        parts.append(browser_html(section, identity))
    return "\n".join([*parts, "</section>"])


def table_html(table: Table) -> str:
    """A table whose columns of numbers are set flush right."""
    mark = [
        ' class="number"' if all(NUMBER.fullmatch(row[column]) for row in table.rows) else ""
        for column in range(len(table.columns))
    ]
    head = "".join(
        f'<th scope="col"{mark[column]}>{text(name)}</th>' for column, name in enumerate(table.columns)
    )
    body = []
    for row in table.rows:
        cells = [f'<th scope="row"{mark[0]}>{text(row[0])}</th>'] if row else []
        cells += [f"<td{mark[column]}>{text(row[column])}</td>" for column in range(1, len(row))]
        body.append(f"<tr>{''.join(cells)}</tr>")
    note = f'<p class="note">{text(table.note)}</p>' if table.note else ""
    return (
        f'<div class="table"><table><caption><span>{text(table.caption)}</span></caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{chr(10).join(body)}</tbody></table></div>{note}"
    )


def curve_html(curve: Curve, identity: str) -> str:
    """A chart with its title above and its legend beneath."""
    keys = "".join(f"<li>{legend_key(index)}{text(name)}</li>" for index, name in enumerate(curve.series))
    return (
        f'<figure class="chart"><p class="chart-title" aria-hidden="true">{text(curve.title)}</p>\n'
        f"{curve_svg(curve, identity)}\n"
        f'<figcaption><ul class="legend">{keys}</ul></figcaption></figure>'
    )


def image_html(image: Image) -> str:
    """A picture inside the page, with its size, so that nothing moves when it appears."""
    width, height = image.size
    data = base64.b64encode(image.png).decode("ascii")
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{text(image.alt)}" '
        f'width="{width}" height="{height}">\n'
        f"<figcaption>{text(image.caption)}</figcaption></figure>"
    )


def browser_html(section: Section, identity: str) -> str:
    """All examples of a section, their weights, and the controls to browse them, for the script alone."""
    weights = [thousandths(example.weights) for example in section.examples]
    articles = [
        example_html(example, rows, section.score_name, f"{identity}-example-{index}")
        for index, (example, rows) in enumerate(zip(section.examples, weights, strict=True), 1)
    ]
    # Whole numbers only: nothing in them could end the script element.
    stored = json.dumps({"thousandths": weights}, separators=(",", ":"))
    scores = [100 * example.score for example in section.examples]
    low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75])
    metric = text(section.score_name)
    buttons = "".join(
        f'<button type="button" data-order="{order}" aria-pressed="{str(order == "drawn").lower()}">'
        f"{label}</button>"
        for order, label in ORDERS.items()
    )
    return f"""<div class="browser" data-metric="{metric}">
<p>{text(section.drawn.rstrip("."))}. Their {metric}: median {middle:.1f}, lowest {min(scores):.1f}, \
highest {max(scores):.1f}; half of them lie between {low:.1f} and {high:.1f}.</p>
{LEGEND}
<noscript><p class="note">Without JavaScript the examples stand one below the other; the table under each \
says where every word looked.</p></noscript>
<div class="controls scripted" hidden>
<div class="orders" role="group" aria-label="Order of the examples">{buttons}</div>
<label class="search">Search <input type="search" autocomplete="off" spellcheck="false" \
placeholder="name or any word"></label>
<div class="steps"><button type="button" data-step="-1">← Previous</button>
<button type="button" data-step="1">Next →</button></div>
<p class="position" role="status"></p>
</div>
<div class="columns">
<ul class="choices scripted" aria-label="Examples: choose with the arrow keys" hidden></ul>
<div class="examples">
{chr(10).join(articles)}
</div>
</div>
<script type="application/json" class="weights">{stored}</script>
</div>"""


LEGEND = """<div class="key-to-words" role="note" aria-label="How to read the words">
<div class="scripted" hidden>
<p>Point at a word, tab to it or tap it: its attention appears on the other side. The stronger the background
of a word and the taller the bar under it, the more weight it has, on one fixed scale:</p>
<p class="scale">{swatches}</p>
<p>A weight says what was mixed in, not why the word was written. Its number stands under the five strongest
words that have 0.05 or more. <span class="word selected">Frame</span>: the word whose attention is shown.</p>
</div>
<p><span class="word copied">Dotted underline</span>: copied from the source by the pointer.</p>
</div>""".format(
    swatches=" ".join(
        f'<span class="word" style="--weight:{weight}" data-weight="{weight}">weight</span>'
        for weight in ("0", "0.25", "0.5", "0.75", "1")
    )
)


def example_html(example: Example, rows: Sequence[Sequence[int]], metric: str, identity: str) -> str:
    """One example: reference, model's text, its words, the source, the baselines, the weights as a table."""
    compared = [("Reference", example.reference), ("Model", example.generated_text)]
    baselines = "".join(named_text(name, output) for name, output in example.baselines.items())
    return f"""<article class="example" id="{identity}" data-score="{example.score:.4f}" \
aria-labelledby="{identity}-name">
<header><h3 id="{identity}-name">{text(example.name)}</h3>
<p class="score"><span class="metric">{text(metric)}</span> <b>{score_text(example.score)}</b>
<span class="meter" aria-hidden="true"><span style="width:{100 * example.score:.1f}%"></span></span></p>
</header>
<dl class="compared">{"".join(named_text(*pair) for pair in compared)}</dl>
<h4>Generated, word by word</h4>
<p class="words generated">{_words(example.generated, example.copied)}</p>
<h4>Source, as the model read it</h4>
<p class="words source">{_words(example.source)}</p>
<p class="looked" role="status" hidden></p>
{f'<h4>Baselines</h4><dl class="compared">{baselines}</dl>' if baselines else ""}
<details><summary>Where each word looked, as numbers</summary>
{_looked_table(example, rows)}
</details>
</article>"""


def named_text(name: str, value: str) -> str:
    """A name and what belongs to it, as a row of a description list."""
    return f"<div><dt>{text(name)}</dt><dd>{text(value) or '<i>nothing</i>'}</dd></div>"


def _words(words: Sequence[str], copied: Sequence[bool] | None = None) -> str:
    flags = copied if copied is not None else [False] * len(words)
    spans = [
        f'<span class="word{" copied" if flag else ""}">{text(word)}</span>'
        for word, flag in zip(words, flags, strict=True)
    ]
    return " ".join(spans) or "<i>nothing</i>"


def _looked_table(example: Example, rows: Sequence[Sequence[int]]) -> str:
    body = []
    for word, flag, row in zip(example.generated, example.copied, rows, strict=True):
        top = strongest(row, STRONGEST)
        named = ", ".join(f"“{text(example.source[index])}” {row[index] / 1000:.3f}" for index in top)
        rest = (sum(row) - sum(row[index] for index in top)) / 1000
        body.append(
            f'<tr><th scope="row">{text(word)}</th><td>{"copied" if flag else ""}</td>'
            f'<td>{named or "nothing"}</td><td class="number">{rest:.3f}</td></tr>'
        )
    return (
        '<div class="table"><table><thead><tr><th scope="col">Generated</th><th scope="col">Pointer</th>'
        f'<th scope="col">The {STRONGEST} strongest source words</th>'
        f'<th scope="col" class="number">All others</th></tr>\n'
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
    )
