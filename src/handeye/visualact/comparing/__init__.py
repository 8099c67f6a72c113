"""Differences between runs about clips."""
