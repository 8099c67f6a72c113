"""How people answer questions whose premise may be false."""
