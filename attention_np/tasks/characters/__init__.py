"""A model of text, character by character: the installed documentation, held out by module."""
