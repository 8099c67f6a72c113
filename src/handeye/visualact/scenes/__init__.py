"""From a seed to clips on disk; their statistics and their check."""
