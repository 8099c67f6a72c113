"""Explanations judged: by a model, or by people; kept apart from the scores."""
