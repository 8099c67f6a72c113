"""``handeye rose``."""
