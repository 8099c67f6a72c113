"""Seed -> groups of pictures that differ by one edit, with all that is true of them, and rows."""
