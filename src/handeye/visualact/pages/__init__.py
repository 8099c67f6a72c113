"""The pages about runs of VisualActBench."""
