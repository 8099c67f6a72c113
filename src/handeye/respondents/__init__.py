"""Respondents of our own: a pixel solver, and simulated ones with planted faults.

``pixels`` and ``faults`` are plain Python; only ``provider`` knows Inspect.
"""
