"""Anyone's own pairs: two columns of a file, the second to be written from the first."""
