"""What the notebooks of the course use: the running example, guesses, pictures with their words, and a slider.

IPython and Matplotlib are loaded when the first thing is shown.
"""

from . import example, style
from .pictures import show
from .prediction import predict
from .widget import Heat, Lines, Numbers, scrub

__all__ = ["Heat", "Lines", "Numbers", "example", "predict", "scrub", "show", "style"]
