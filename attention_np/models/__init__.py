"""Models: layers composed; the backward pass reads as the forward pass from the last line to the first."""

from .article import ArticleModel, FormulaModel
from .classifier import ClassBatch, Classifier

__all__ = [
    "ArticleModel",
    "ClassBatch",
    "Classifier",
    "FormulaModel",
]
