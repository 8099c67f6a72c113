"""Video and audio: which frames, when, decoded a few at a time."""
