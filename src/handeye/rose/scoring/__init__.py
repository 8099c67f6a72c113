"""From answer text to score rows, tables and run folders."""
