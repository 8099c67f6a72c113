"""The kinds of events that clips are generated from, by scenario.

Each scenario has a stage (what its pictures are set in) and files with kinds. ``catalogue`` lists
them all.
"""
