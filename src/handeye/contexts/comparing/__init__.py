"""What runs over the same set are compared by."""
