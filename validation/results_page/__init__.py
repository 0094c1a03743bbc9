"""``docs/results.md``: what the model says of Laval and its SMP, measured and written by one command."""
