"""What a file with an exercise of one's own needs, behind one import.

A folder holds a file for each exercise; `attention-np exercises`, `check` and `assignment verify` take it with
``--exercises FOLDER``, `assignment new` with ``--from FOLDER``. A file defines ``EXERCISE``::

    import numpy as np
    from attention_np.classroom.writing import Drawn, Mistake, layouts, normal, numbers, own_exercise

    def centred(inputs):
        '''Inputs less the mean of each row ... this docstring is handed out, without what stands between its sections.'''
        return inputs - inputs.mean(axis=-1, keepdims=True)

    def cases(rng):
        return layouts(rng, lambda rng, n: {"inputs": normal(rng, *n.lead, n.L, n.d)}, {"d": "d, the width"})

    EXERCISE = own_exercise(centred, ("output",), "Rows of mean zero", "layers", ..., cases=cases, mistakes=(...))

The function is the solution; its helpers and constants, in the same file or in the package, go along with it. `layouts` draws
the usual cases: a batch of one and of three, equal lengths, lengths of one, memory in another order. For others yield `Drawn`
yourself, with a feature that one of your groups asks for by `special`. A `Mistake` is a wrong formula of one result, with the
code that the checker gives it and what to say of it; `assignment verify` tells you whether it loses marks, and under which name.
A learner's own machine cannot check such an exercise unless it has the file, and with it the solution.
"""

from __future__ import annotations

from ..gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts, normal
from ..gradcheck.catalogue.mistake import Mistake
from .catalogue.build import BATCHES, MEMORY_ORDER, ORDINARY, PLAIN, numbers, own_exercise, special
from .exercise import Exercise, Group

__all__ = [
    "BATCHES",
    "MEMORY_ORDER",
    "ORDINARY",
    "PLAIN",
    "Drawn",
    "Exercise",
    "Group",
    "Lengths",
    "Mistake",
    "away_from_zero",
    "layouts",
    "normal",
    "numbers",
    "own_exercise",
    "special",
]
