"""From a seed to a set on disk; its statistics and its check."""
