"""Human-Machine Interaction: people and machines, seen from the side."""
