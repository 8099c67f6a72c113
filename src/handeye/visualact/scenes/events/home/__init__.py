"""Home Service: rooms seen from the front."""
