"""Pictures of attention weights and gradients, and the report of a run.

Matplotlib is loaded when the first picture is drawn; no picture is shown, and none needs a display. Every
picture carries an alternative text made from its data.
"""

from .alt_text import alt_text, attached_alt_text
from .comparison import Panel, heatmaps
from .embed import show_html
from .heatmap import gradient_heatmap, heatmap

__all__ = ["Panel", "alt_text", "attached_alt_text", "gradient_heatmap", "heatmap", "heatmaps", "show_html"]
