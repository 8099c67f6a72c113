"""Who answers: who knows the gold and spoils it as told, and who looks at nothing."""
