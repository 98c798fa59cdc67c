"""Speed and memory: against the bare matrix products, and against what one would have used instead.

How time is measured is explained in `timing`, memory in `memory`; `bars` holds what is asked of the figures.
"""

from .peers import Disagreement
from .picture import draw_results
from .suite import SECTIONS, Results, run_bench
from .tables import result_lines

__all__ = ["SECTIONS", "Disagreement", "Results", "draw_results", "result_lines", "run_bench"]
