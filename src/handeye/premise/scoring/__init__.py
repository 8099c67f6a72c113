"""From the text of an answer to a row, and from rows to the tables of a run."""
