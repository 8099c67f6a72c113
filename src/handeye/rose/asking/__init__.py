"""What is asked of a model about a scene: prompts, the run, the Inspect task."""
