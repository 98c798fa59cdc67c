"""Dates as people of twenty languages write them, to ISO 8601: characters in, characters out."""
