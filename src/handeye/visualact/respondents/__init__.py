"""Respondents for clips (VisualActBench) that do not look: a language prior, and a simulated one.

Nothing here knows Inspect.
"""
