"""From a seed to clips with sound on disk; their statistics and their check."""
