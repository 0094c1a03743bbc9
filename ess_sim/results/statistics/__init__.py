"""Arrays in, numbers out: intervals, tests, selection."""
