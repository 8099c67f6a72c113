"""How a clip is shown and what is asked: prompts, the run, the Inspect task."""
