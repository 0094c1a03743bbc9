"""What a run writes down, and the frames made of it."""
