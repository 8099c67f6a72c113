"""Why items failed, and what that shows of a respondent."""
