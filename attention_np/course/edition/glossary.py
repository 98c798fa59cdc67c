"""The symbols of the course: each means one thing, from the notebook that introduces it to the last."""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """A row of the glossary.

    Attributes
    ----------
    tex, code : str
        As it is written in the text, and in the cells.
    meaning : str
        Markdown.
    notebook : str
        The number of the one that introduces it.
    """

    tex: str
    code: str
    meaning: str
    notebook: str


SYMBOLS = (
    Symbol("v_i", "keys[i], values[i]", "input: a source, compared as a key and mixed as a value", "01"),
    Symbol("w_j", "queries[j]", "target: the query that asks", "01"),
    Symbol("i = 1 \\ldots m", "S", "positions of the sources", "01"),
    Symbol("j = 1 \\ldots n", "L", "positions of the targets", "01"),
    Symbol("a_{ij}", "scores[j, i]", "relevance: the cosine of input $i$ and target $j$; in code the target has the row", "01"),
    Symbol("\\lVert v \\rVert", "np.linalg.norm(v)", "length of a vector", "01"),
    Symbol("\\hat v", "unit", "the vector of length 1 in the direction of $v$", "01"),
    Symbol("p_{ij}", "weights[j, i]", "distribution: the share of input $i$ in what target $j$ receives", "02"),
    Symbol("\\beta", "scale", "sharpness: the number that multiplies the scores before the softmax", "02"),
    Symbol("H", "entropy", "entropy of a row of weights, in nats: $-\\sum_i p_{ij} \\ln p_{ij}$", "02"),
    Symbol("c_j", "context[j]", "result: the mean of the values, weighted by $p_{ij}$", "03"),
    Symbol("L", "loss", "the loss: one number, which training makes smaller", "06"),
    Symbol("d_x = \\partial L / \\partial x", "d_x", "gradient of the loss with respect to $x$; it has the shape of $x$", "06"),
    Symbol("\\delta_{ik}", "np.eye(m)[i, k]", "1 where $i = k$, else 0", "06"),
    Symbol("h", "step", "step of a finite difference", "08"),
    Symbol("\\theta", "parameter.value", "a parameter", "09"),
    Symbol("\\eta", "learning_rate", "learning rate", "09"),
    Symbol("\\tau", "staleness", "by how many steps a gradient is late", "15"),
)


def glossary_markdown() -> str:
    """The glossary as a table."""
    rows = [f"| ${symbol.tex}$ | `{symbol.code}` | {symbol.meaning} | {symbol.notebook} |" for symbol in SYMBOLS]
    return "\n".join(["# Glossary of symbols", "", "| symbol | in code | meaning | from notebook |", "|---|---|---|---|", *rows])
