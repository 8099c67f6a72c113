"""How a set is put to a model: prompts, questions, runs, Inspect's task."""
