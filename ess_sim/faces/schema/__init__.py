"""JSON Schema of scenario and batch files: editors complete and check with it what a user writes."""
