"""What a scenario says."""
