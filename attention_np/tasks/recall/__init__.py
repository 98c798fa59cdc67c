"""Associative recall: the task on which the ceiling of a cosine without a sharpness bites."""
