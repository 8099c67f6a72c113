"""Sets on disk: folders, lines, draws, statistics; knows no suite."""
