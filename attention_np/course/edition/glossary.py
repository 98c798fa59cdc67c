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
    Symbol("h", "h", "step of a finite difference", "01"),
    Symbol("p_{ij}", "weights[j, i]", "distribution: the share of input $i$ in what target $j$ receives", "02"),
    Symbol("\\beta", "scale", "sharpness: the number that multiplies the scores before the softmax", "02"),
    Symbol("H", "entropy", "entropy of a row of weights, in nats: $-\\sum_i p_{ij} \\ln p_{ij}$", "02"),
    Symbol("c_j", "context[j]", "result: the mean of the values, weighted by $p_{ij}$", "03"),
    Symbol("W^q,\\ W^k,\\ W^v", "query_map, key_map", "learned maps: to what a word asks, is found by, and hands over", "05"),
    Symbol("d", "d", "width of queries and keys, as in $\\sqrt d$; with an index it is a gradient, see $d_x$", "05"),
    Symbol("s_{ij}", "scale * scores[j, i]", "what the softmax takes: $\\beta$ times the relevance", "06"),
    Symbol("L", "loss", "the loss: one number, which training makes smaller", "06"),
    Symbol("d_x = \\partial L / \\partial x", "d_x", "gradient of the loss with respect to $x$; it has the shape of $x$", "06"),
    Symbol("\\delta_{ik}", "np.eye(m)[i, k]", "1 where $i = k$, else 0", "06"),
    Symbol("\\theta", "parameter.value", "a parameter", "09"),
    Symbol("\\eta", "learning_rate", "learning rate", "09"),
    Symbol("\\lambda", "curvature", "curvature of a loss: an eigenvalue of its second derivatives", "09"),
    Symbol("\\mu", "momentum", "momentum: the share of the former step that is kept", "09"),
    Symbol("g_j", "gate", "gate: the probability that word $j$ is written, and not copied", "11"),
    Symbol(
        "\\tau", "delay", "by how many steps a gradient is late; *Kendall's* $\\tau$ (notebooks 10, 11) is the name of a rank correlation", "15"
    ),
)


def glossary_markdown() -> str:
    """The glossary as a table."""
    rows = [f"| ${symbol.tex}$ | `{symbol.code}` | {symbol.meaning} | {symbol.notebook} |" for symbol in SYMBOLS]
    return "\n".join(["# Glossary of symbols", "", "| symbol | in code | meaning | from notebook |", "|---|---|---|---|", *rows])
