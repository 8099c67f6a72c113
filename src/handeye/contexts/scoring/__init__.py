"""From answers to score rows, figures with intervals, and the tables of a run."""
