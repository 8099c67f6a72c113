"""What a model's hidden states tell of an item, and where that is lost on the way to the answer."""
