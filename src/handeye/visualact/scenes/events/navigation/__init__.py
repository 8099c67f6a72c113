"""Dynamic Navigation: what is seen from behind a windscreen."""
