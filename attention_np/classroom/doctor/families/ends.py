"""Ways to end the process, or a call, other than by a result."""

from __future__ import annotations

from ..case import hostile, whole

CASES = (
    hostile(
        "exit",
        "ends with sys.exit(0), in the hope that 0 means passed",
        "import sys; sys.exit(0)",
        "crashed",
        own="crashed",
    ),
    hostile(
        "hard exit", "ends with os._exit(0) in the first call", "import os; os._exit(0)", "no-answer", own="no-answer"
    ),
    hostile("abort", "aborts", "import os; os.abort()", "crashed", own="crashed"),
    hostile(
        "segmentation fault",
        "reads far outside of its own memory through a stride",
        """
        from numpy.lib.stride_tricks import as_strided
        return as_strided(weights, (2**20,), (2**30,)).copy()
        """,
        "crashed",
        own="crashed",
    ),
    hostile(
        "bottomless recursion",
        "raises the limit of recursion and overflows the C stack",
        """
        import sys
        sys.setrecursionlimit(10**9)
        def deeper(x): return [deeper(x)]
        return deeper(0)
        """,
        "crashed out-of-memory wrong timeout",
        stopped_by="limits",
        seconds=2.0,
    ),
    hostile(
        "closed descriptors",
        "closes every descriptor, its way to the grader among them",
        "import os; os.closerange(0, 64)",
        "no-answer",
        own="no-answer",
    ),
    whole(
        "hostile exception",
        "raises an exception whose message raises, and whose class says that it is another",
        """
        class Strange(Exception):
            __class__ = NotImplementedError
            def __str__(self): raise SystemExit
            def __repr__(self): return self.__str__()
        Strange.__name__ = "\\x1b[2J" * 30
        def context(weights, values):
            raise Strange
        """,
        "crashed",
        own="crashed",
    ),
    whole(
        "endless message",
        "raises an exception whose message is computed for ever",
        """
        class Endless(Exception):
            def __str__(self):
                while True: pass
        def context(weights, values):
            raise Endless
        """,
        "timeout",
        own="timeout",
        seconds=1.0,
    ),
    hostile(
        "not attempted after a look",
        "reaches for the answers and then says that it was not attempted",
        """
        try:
            open(@key@)
        except OSError:
            pass
        raise NotImplementedError
        """,
        "tampered",
        own="not-attempted crashed wrong",
    ),
)
