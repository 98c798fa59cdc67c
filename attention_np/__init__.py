"""Attention in pure NumPy, forwards and backwards: to be read, stepped through, broken and repaired.

The equations live in `attention_np.functional` and are re-exported here. Importing the package loads NumPy and nothing heavier.
"""

from . import functional
from ._version import __version__
from .functional import *  # noqa: F403

__all__ = ["__version__", *functional.__all__]
