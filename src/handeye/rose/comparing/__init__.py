"""Differences between runs of ROSE."""
