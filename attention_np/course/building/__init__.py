"""From the text source of a notebook to the notebook, outputs included."""
