"""What lies around a territory."""
