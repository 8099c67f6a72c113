"""Who answers: the oracle that looks, and those that read the words alone."""
