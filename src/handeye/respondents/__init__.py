"""Respondents of our own: some that look, some that guess, and simulated ones with planted faults.

``pixels``, ``clips``, ``motion`` and the faults are plain Python; only ``provider``, ``roster`` and
``conversation`` know Inspect.
"""
