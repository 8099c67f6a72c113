"""What every scored run has: folder, estimates, tables, comparison; knows no suite."""
