"""From answer text to actions."""
