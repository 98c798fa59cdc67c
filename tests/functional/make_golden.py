"""Makes golden_functional.npz: for every case arguments, an upstream, and what PyTorch gives forwards and backwards.

Run ``python -m tests.functional.make_golden`` in the root of the repository, where torch is installed, when a case is
added. The tests always check the numbers it wrote; where torch is installed they run the cases again on other arguments.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..derivatives import torch_gradients
from .cases import CASES, Case, Sizes, draw_upstream

PATH = Path(__file__).parent / "golden_functional.npz"
SIZES = Sizes(targets=3, sources=4, width=5, value_width=2, hidden=3, vocabulary=6)


def torch_numbers(case: Case, lead: tuple[int, ...], sizes: Sizes, seed: int) -> dict[str, np.ndarray]:
    """Arguments, upstream, output and gradients, by ``kind/name``."""
    from .torch_functions import torch_function

    rng = np.random.default_rng(seed)
    given = case.draw(rng, lead, sizes)
    upstream = draw_upstream(rng, case.forward(given))
    output, gradients = torch_gradients(torch_function(case), upstream, given)
    return {
        **{f"given/{name}": np.asarray(value) for name, value in given.items()},
        "upstream": upstream,
        "output": output,
        **{f"gradient/{name}": gradients[name] for name in case.gives.split()},
    }


if __name__ == "__main__":
    numbers = {
        f"{case}/{key}": array
        for seed, case in enumerate(CASES)
        for key, array in torch_numbers(case, (2,), SIZES, seed).items()
    }
    np.savez_compressed(PATH, allow_pickle=False, **numbers)
    print(f"{PATH.name}: {len(CASES)} cases, {PATH.stat().st_size / 1000:.0f} kB")
