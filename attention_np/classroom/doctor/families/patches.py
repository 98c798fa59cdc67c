"""Patching NumPy, the interpreter, and the worker's own code, so that wrong is called right."""

from __future__ import annotations

from ..case import hostile, whole

CASES = (
    hostile(
        "np.allclose",
        "makes every comparison of NumPy's say yes",
        """
        yes = lambda *a, **k: True
        np.allclose = np.array_equal = np.isclose = np.all = yes
        np.testing.assert_allclose = np.testing.assert_array_equal = yes
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "NumPy exchanged",
        "puts another module in the place of NumPy",
        """
        import sys, types
        class Everything(types.ModuleType):
            def __getattr__(self, name): return lambda *a, **k: True
        sys.modules["numpy"] = Everything("numpy")
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "array methods",
        "gives the class of arrays another comparison",
        "np.ndarray.__eq__ = np.ndarray.all = lambda *a: True",
        "wrong",
        own="wrong",
    ),
    hostile(
        "functions within NumPy",
        "patches NumPy's core, and loads it again",
        """
        import importlib
        np._core.numeric.asarray = np.asarray = lambda *a, **k: 1.0
        np._core.umath.matmul = np.matmul = lambda *a, **k: 1.0
        importlib.reload(np)
        """,
        "wrong crashed tampered",
        own="wrong crashed",
    ),
    hostile(
        "errors as calls",
        "has NumPy call it at every division by zero",
        """
        np.seterrcall(lambda *a: None)
        np.seterr(all="call")
        np.ones(1) / 0
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "built-in names",
        "makes isinstance, type, len and all say what pleases",
        """
        import builtins
        builtins.isinstance = builtins.callable = builtins.all = lambda *a: True
        builtins.len = lambda *a: 1
        """,
        "wrong crashed no-answer tampered",
        own="wrong crashed no-answer",
    ),
    hostile(
        "__builtins__ emptied",
        "takes all built-in functions away",
        """
        import sys
        __builtins__.clear() if isinstance(__builtins__, dict) else vars(__builtins__).clear()
        """,
        "crashed no-answer wrong tampered",
        own="crashed no-answer wrong",
    ),
    hostile(
        "os.write",
        "takes the place of the function that writes the answer",
        """
        import os
        real = os.write
        def write(descriptor, data): return real(descriptor, bytes(len(data)))
        os.write = write
        """,
        "tampered no-answer crashed",
        own="tampered no-answer crashed",
    ),
    hostile(
        "the worker's functions",
        "exchanges what packs the answer for what says that all is well",
        """
        import sys
        worker = sys.modules["inside.work"]
        worker.protocol.packed = lambda header, arrays=(): b""
        worker._called = lambda *a: ({"kind": "passed", "score": 100}, [])
        """,
        "crashed no-answer tampered",
        own="tampered no-answer crashed",
    ),
    hostile(
        "frames",
        "looks through its callers' variables for an answer to return",
        """
        import sys
        frame, wanted = sys._getframe(1), (*weights.shape[:-1], values.shape[-1])
        while frame is not None:
            waiting = list(frame.f_locals.values())
            for one in waiting:
                if isinstance(one, (list, tuple)) and len(waiting) < 10**4: waiting.extend(one)
                if isinstance(one, np.ndarray) and one.shape == wanted and one is not weights and one is not values:
                    return one
            frame = frame.f_back
        """,
        "wrong",
        own="wrong",
    ),
    hostile(
        "garbage collector",
        "looks through all objects for the expected array",
        """
        import gc
        wanted = (*weights.shape[:-1], values.shape[-1])
        for one in gc.get_objects():
            for part in gc.get_referents(one):
                if isinstance(part, np.ndarray) and part.shape == wanted and part is not weights and part is not values:
                    return part
        """,
        "tampered",
        own="wrong crashed",
    ),
    hostile(
        "trace",
        "traces the worker's own code from now on",
        """
        import sys
        def trace(frame, event, argument):
            frame.f_locals.update(results=[], message={})
            return trace
        sys.settrace(trace); sys.setprofile(trace)
        sys._getframe(1).f_trace = trace
        """,
        "wrong crashed tampered no-answer",
        own="wrong crashed tampered no-answer",
    ),
    hostile(
        "exit hooks",
        "leaves code for the end: atexit, __del__, excepthook, a finaliser",
        """
        import atexit, os, sys, weakref
        def last(*a): os._exit(0)
        class Late:
            def __del__(self): last()
        sys.excepthook = sys.unraisablehook = last
        sys.late = Late()
        weakref.finalize(sys.late, last)
        atexit.register(last)
        """,
        "no-answer wrong",
        own="wrong no-answer",
    ),
    hostile(
        "audit hook exchanged",
        "adds a hook of its own, and patches what the worker's hook asks",
        """
        import os, posixpath, sys
        try:
            sys.addaudithook(lambda *a: None)
        except Exception:
            pass
        here = os.getcwd()
        posixpath._joinrealpath = lambda *a: (here, True)
        posixpath.realpath = os.path.realpath = lambda *a, **k: here
        print(open(@key@).read())
        """,
        "tampered",
        stopped_by="audit, landlock",
        through="wrong",
    ),
    whole(
        "patched when read",
        "patches while its file is read, not when it is called",
        """
        import numpy as np
        def patched():
            np.allclose = np.array_equal = lambda *a, **k: True
            np.matmul = None
            return 1.0
        WRONG = patched()
        def context(weights, values):
            return weights @ values * 2 * WRONG
        """,
        "wrong",
        own="wrong",
    ),
)
