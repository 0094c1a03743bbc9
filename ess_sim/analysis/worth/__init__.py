"""What it would be worth to know a parameter: expected value of information for a decision."""
