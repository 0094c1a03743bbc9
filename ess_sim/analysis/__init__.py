"""What is made of many runs: intervals, choices, attributions, costs, and how sure all that is."""
