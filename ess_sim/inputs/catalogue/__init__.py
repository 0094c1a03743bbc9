"""Numbers that the model knows before a user says anything."""
