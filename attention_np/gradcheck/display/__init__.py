"""A report as text, as a page for a notebook, as a picture."""
