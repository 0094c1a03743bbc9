"""What a user says: files, territories, parameters, scenarios."""
