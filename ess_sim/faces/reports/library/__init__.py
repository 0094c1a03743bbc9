"""The page of the library of scenarios: what each asks, what is published, and what the model says."""
