"""GPs: day 0, careers, exits, settling."""
