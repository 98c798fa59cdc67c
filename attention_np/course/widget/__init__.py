"""The slider of the course: one piece of HTML with all it needs, in which a position is moved and every panel follows."""

from .heat import Heat
from .lines import Lines
from .numbers import Numbers
from .scrubber import scrub

__all__ = ["Heat", "Lines", "Numbers", "scrub"]
