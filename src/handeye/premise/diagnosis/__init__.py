"""Why an item failed, and what a run shows of its respondent."""
