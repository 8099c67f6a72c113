"""The report of the suite: what a person looks at, on a page and in a terminal."""
