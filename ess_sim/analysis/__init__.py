"""What is computed from many runs: intervals, choices, attributions, costs, and the uncertainty of each."""
