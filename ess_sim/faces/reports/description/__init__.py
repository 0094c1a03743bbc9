"""What a run starts from, as text and as a picture."""
