"""Everything that is seen: measures, figures, the explorer and the pages."""
