"""The quantities that runs of the suite are compared by."""
