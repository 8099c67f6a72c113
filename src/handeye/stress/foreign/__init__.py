"""Sets of others in their published layouts, asked and measured beside the suite."""
