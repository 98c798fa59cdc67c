"""Pictures of attention weights and gradients, and the report of a run.

Matplotlib is loaded when the first picture is drawn; no picture is shown, and none needs a display. Every
picture carries an alternative text made from its data.
"""

from ..models.rollout import rollout
from .alt_text import alt_text, attached_alt_text
from .battery import does_it_attend
from .comparison import Panel, heatmaps
from .embed import show_html
from .explanations import explain
from .heatmap import gradient_heatmap, heatmap
from .measures import entropy, rank_correlation

__all__ = [
    "Panel",
    "alt_text",
    "attached_alt_text",
    "does_it_attend",
    "entropy",
    "explain",
    "gradient_heatmap",
    "heatmap",
    "heatmaps",
    "rank_correlation",
    "rollout",
    "show_html",
]
