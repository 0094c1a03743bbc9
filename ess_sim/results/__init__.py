"""What a run leaves, and how runs are compared."""
