"""What every command line needs: inputs, options, progress, tables."""
