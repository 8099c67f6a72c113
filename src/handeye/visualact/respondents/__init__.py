"""Respondents for clips (VisualActBench): a language prior, a simulated one, and a check.

The first two never look. ``motion`` looks, but is fitted on the generator's own films: it is the
check that clips can be solved. Nothing here knows Inspect.
"""
