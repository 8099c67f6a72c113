"""Why items failed, and where between eye and hand."""
