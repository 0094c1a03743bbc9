"""Many runs: drawn, planned, computed, kept."""
