"""Numbers of one run, from its tables."""
