"""Pictures and frames as people see them; which frames of a video, when, a few at a time."""
