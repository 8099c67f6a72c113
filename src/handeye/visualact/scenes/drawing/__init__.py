"""Drawing the frames of a clip."""
