"""Results that are not what they say."""

from __future__ import annotations

from ..case import hostile, whole

CASES = (
    whole(
        "array that equals everything",
        "returns a kind of array that equals whatever it is compared with",
        """
        import numpy as np
        class Liar(np.ndarray):
            def __eq__(self, other): return np.ones(np.shape(other), bool)
            def __array_ufunc__(self, ufunc, method, *inputs, **options): return np.float64(0)
            def __array_function__(self, *a): return True
            def __array_finalize__(self, other): pass
            @property
            def shape(self): return (3, 4)
            nbytes = -1
        def context(weights, values):
            return np.zeros(weights.shape[:-1] + values.shape[-1:]).view(Liar)
        """,
        "wrong",
        own="wrong",
    ),
    whole(
        "array by conversion",
        "returns an object that becomes an array by its own code",
        """
        import numpy as np
        class Number(np.float64):
            def __array__(self, *a, **k): raise SystemExit
            def __class__(self): return np.ndarray
        class Thing:
            def __array__(self, *a, **k): raise SystemExit
            def __len__(self): return 10**9
        def context(weights, values):
            return [Number(1.0), Thing()]
        """,
        "wrong crashed",
        own="wrong crashed",
    ),
    whole(
        "array interface",
        "returns an object that claims memory that is not its own",
        """
        class Claim:
            __array_interface__ = {"shape": (4,), "typestr": "<f8", "data": (16, False), "version": 3}
        def context(weights, values):
            return Claim()
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "not a number",
        "returns NaN everywhere, which no comparison finds unequal",
        "return weights @ values * np.nan",
        "wrong",
        own="wrong",
    ),
    hostile(
        "infinity",
        "returns infinity, from which every distance is the same",
        "return weights @ values * 0 + np.inf",
        "wrong",
        own="wrong",
    ),
    hostile(
        "one number for all",
        "returns a shape that would be broadcast to any other",
        "return np.zeros((1, 1))",
        "wrong",
        own="wrong",
    ),
    hostile(
        "objects",
        "returns an array of objects that equal everything",
        """
        class Equal:
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
            __rsub__ = __abs__ = __sub__
        return np.full(weights.shape[:-1] + values.shape[-1:], Equal(), object)
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "whole numbers",
        "returns the result rounded, as integers",
        "return (weights @ values).astype(np.int64)",
        "wrong",
        own="wrong",
    ),
    hostile(
        "its own input",
        "returns an argument, and changes it at the next call",
        """
        values += 1
        return values
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "read-only made writable",
        "changes an argument that it may only read",
        """
        for array in (weights, values):
            array.setflags(write=True)
            array *= 2
        return weights @ values
        """,
        "wrong",
        own="wrong",
    ),
    whole(
        "right in the first call alone",
        "answers its first calls rightly, and then as it likes",
        """
        import numpy as np
        CALLS = []
        def context(weights, values):
            CALLS.append(1)
            return weights @ values if len(CALLS) % 2 else weights @ values + 1
        """,
        "wrong",
        own="wrong",
    ),
)
