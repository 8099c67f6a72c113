"""Who answers: an oracle that looks and listens."""
