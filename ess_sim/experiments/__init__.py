"""Many runs: drawn, planned, computed and stored."""
