"""What a student hands in, read and never run."""

from .submission import Function, Submission, read_submission

__all__ = ["Function", "Submission", "read_submission"]
