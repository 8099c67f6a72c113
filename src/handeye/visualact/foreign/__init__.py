"""Reading files that others have written."""
