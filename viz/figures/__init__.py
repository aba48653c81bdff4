"""Pure functions from data to a plotly Figure, one figure per file."""
