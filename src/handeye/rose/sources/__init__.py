"""The visual sources of ROSE scenes."""
