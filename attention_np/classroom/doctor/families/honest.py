"""Honest work with bad luck: what stands around a right function, or is odd in it, must not cost a mark."""

from __future__ import annotations

import json
from typing import Any

from ..case import Case, honest

_RIGHT = "def context(weights, values):\n    return weights @ values\n"
_NUMPY = "import numpy as np\n"


def _notebook(name: str, unlucky: str, *cells: str) -> Case:
    made: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    made["cells"] = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": [], "metadata": {}} for cell in cells
    ]
    return honest(name, unlucky, json.dumps(made), file="Muster, Anna: homework 1.ipynb")


CASES = (
    honest(
        "warnings",
        "warns and writes to standard error",
        """
        import sys
        import warnings
        import numpy as np
        def context(weights, values):
            warnings.warn("careful")
            np.float64(1) / np.zeros(1)
            print("so far so good: é ∑ 漢", file=sys.stderr)
            return weights @ values
        """,
    ),
    honest(
        "prints",
        "prints megabytes while it works",
        """
        def context(weights, values):
            for row in range(200):
                print(row, weights, "x" * 1000)
            return weights @ values
        """,
    ),
    honest(
        "questions",
        "asks a question at the top of the file",
        "name = input('Your name? ')\nprint('Hello', name)\n" + _RIGHT,
    ),
    honest(
        "a question in the function",
        "asks within the function, where nobody answers",
        """
        def context(weights, values):
            try:
                scale = float(input("scale? "))
            except EOFError:
                scale = 1.0
            return scale * (weights @ values)
        """,
    ),
    honest(
        "plots",
        "imports for plots and tables what the grader does not have, and draws",
        """
        import numpy as np, matplotlib.pyplot as plt
        import pandas as pd
        from scipy import special
        import torch

        def context(weights, values):
            return np.matmul(weights, values)

        def draw(weights):
            plt.imshow(weights)
            return pd.DataFrame(weights), special.softmax(weights)

        plt.show()
        draw(context(np.eye(2), np.eye(2)))
        """,
    ),
    honest(
        "Latin-1",
        "is saved in an old encoding, which it names",
        f"# -*- coding: latin-1 -*-\n# für Größe: é\n{_RIGHT}".encode("latin-1"),
    ),
    honest(
        "another encoding",
        "is saved in an old encoding, which it does not name",
        f"# für Größe: é\n{_RIGHT}".encode("latin-1"),
    ),
    honest("byte order mark", "begins with a byte order mark", b"\xef\xbb\xbf" + _RIGHT.encode()),
    honest("UTF-16", "is saved as UTF-16, by an old editor", _RIGHT.encode("utf-16")),
    honest(
        "Windows lines and tabs",
        "has lines of Windows, and tabs",
        _RIGHT.replace("    ", "\t").replace("\n", "\r\n").encode(),
    ),
    _notebook(
        "duplicated cell", "is a notebook with a cell twice", _NUMPY, _RIGHT, _RIGHT, "context(np.eye(2), np.eye(2))"
    ),
    _notebook(
        "broken cells",
        "is a notebook with magics, shell commands, and cells that do not parse or that raise",
        "%matplotlib inline\n!pip install numpy\nimport numpy as np",
        "def half_done(x\n    return",
        "1 / 0",
        "%%bash\nls -l",
        "%%time\n" + _RIGHT,
        "context?",
        "files = !ls\ncontext(np.eye(2), undefined)",
    ),
    honest(
        "broken elsewhere", "has an error of syntax in another function", _RIGHT + "\n\ndef other(x:\n    return x\n"
    ),
    honest(
        "run as a program",
        "does things at the end of the file, and under its __main__",
        _NUMPY
        + _RIGHT
        + "\n\nassert False, 'never reached'\nif __name__ == '__main__':\n    print(context(np.eye(2)))\n",
    ),
    honest(
        "types and data classes",
        "has annotations, imports from the future, a data class and constants",
        '''
        """Homework."""
        from __future__ import annotations
        import typing
        from dataclasses import dataclass, field
        import numpy
        import numpy.typing as npt

        Array = npt.NDArray[numpy.float64]
        T = typing.TypeVar("T", bound=float)
        SCALE: typing.Final = 1.0

        @dataclass
        class Sum:
            """A sum, as in \\\\sum_i p_i v_i."""
            weights: Array
            values: Array
            factors: list[float] = field(default_factory=lambda: [SCALE])

            def total(self) -> Array:
                return self.factors[0] * numpy.matmul(self.weights, self.values)

        def context(weights: Array, values: Array) -> Array:
            return Sum(weights, values).total()
        ''',
    ),
    honest(
        "everything imported",
        "imports all names of NumPy, which hide built-in ones",
        "from numpy import *\nfrom numpy.linalg import *\n\n\ndef context(weights, values):\n    return dot(weights, values) if ndim(weights) == 2 == ndim(values) else matmul(weights, values)\n",
    ),
    honest(
        "helper after use",
        "has its helpers below, a lambda, a partial, and a nested function",
        """
        import functools
        import numpy as np

        def context(weights, values):
            def inner(w):
                return multiply(w, values)
            return inner(weights)

        product = lambda a, b, *, scale: scale * np.einsum("...ls,...se->...le", a, b)
        multiply = functools.partial(product, scale=1.0)
        """,
    ),
    honest(
        "decorators",
        "decorates its functions, with caches and wrappers",
        """
        import functools
        import numpy as np

        def logged(function):
            @functools.wraps(function)
            def inner(*arguments, **options):
                print(function.__name__, len(arguments))
                return function(*arguments, **options)
            return inner

        @functools.lru_cache(maxsize=None)
        def axis(dimensions):
            return -1

        @logged
        def context(weights, values):
            return np.sum(weights[..., :, :, None] * values[..., None, :, :], axis=axis(weights.ndim) - 1)
        """,
    ),
    honest(
        "settings",
        "seeds random numbers, sets limits and the way numbers are printed",
        """
        import os
        import sys
        import numpy as np
        np.random.seed(0)
        np.set_printoptions(precision=3)
        np.seterr(all="raise")
        sys.setrecursionlimit(5000)
        os.environ["MY_SETTING"] = "1"
        NOISE = np.random.normal(size=3)
        assert NOISE.shape == (3,)

        def context(weights, values):
            assert weights.shape[-1] == values.shape[-2], "shapes"
            return weights @ values + 0 * NOISE[0]
        """,
    ),
    honest(
        "files of its own",
        "saves and loads files in its folder, and reads one that is not there",
        """
        import json
        import pathlib
        import tempfile
        import numpy as np

        def context(weights, values):
            np.save("weights.npy", weights)
            pathlib.Path("notes.json").write_text(json.dumps({"shape": weights.shape}))
            with tempfile.TemporaryDirectory() as folder:
                np.savez(pathlib.Path(folder) / "both.npz", values=values)
                values = np.load(pathlib.Path(folder) / "both.npz")["values"]
            assert not pathlib.Path("data.csv").exists()
            return np.load("weights.npy") @ values
        """,
    ),
    honest(
        "errors shown",
        "prints the traceback of an error within the library, and goes on",
        """
        import json
        import logging
        import traceback
        import numpy as np

        def context(weights, values):
            try:
                np.linalg.inv(np.zeros((2, 2)))
            except np.linalg.LinAlgError:
                traceback.print_exc()
            try:
                json.loads("no JSON")
            except ValueError:
                logging.exception("not so bad")
            return weights @ values
        """,
    ),
    honest(
        "slow",
        "is correct and slow: loops in Python, with time to think",
        """
        import time
        import numpy as np

        def context(weights, values):
            time.sleep(0.02)
            result = np.zeros(np.broadcast_shapes(weights.shape[:-2], values.shape[:-2]) + (weights.shape[-2], values.shape[-1]))
            for i in range(weights.shape[-2]):
                for j in range(values.shape[-1]):
                    result[..., i, j] = (weights[..., i, :] * values[..., :, j]).sum(-1)
            return result
        """,
    ),
    honest(
        "a float of one's own",
        "computes with a class of numbers and one of arrays, and returns a plain array",
        """
        import numpy as np

        class Share(float):
            def __repr__(self):
                return f"{100 * self:.0f} %"

        class Named(np.ndarray):
            pass

        def context(weights, values):
            result = weights.view(Named) @ values * Share(1.0)
            return np.asarray(result)
        """,
    ),
)
